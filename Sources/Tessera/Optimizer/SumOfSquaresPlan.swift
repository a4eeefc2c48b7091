import CTesseraKernels

/// The sum of the squares of a matrix's elements, planned.
///
///     Σ input[r][c]²
///
/// Squares of floats are exact in double precision, and so are all sums but for their own rounding: gradients that are
/// large or many cost nothing. Items' sums are added in the order of their elements, so that the bits follow from
/// extents and row stride, and are the same in every variant and for every number of threads. NaN or an infinity gives
/// NaN or an infinity. A plan holds those sums, so one plan runs one call at a time.
public final class SumOfSquaresPlan {
  /// Sums of all items, in bytes.
  public var workspaceBytes: Int { sums.count * MemoryLayout<Double>.stride }

  private static let lanes = Int(TSR_SQUARE_LANES)

  private let layout: MatrixLayout
  private let kernel: tsr_f32_sum_of_squares_kernel
  private let partition: ElementPartition
  /// For each item its lanes.
  private let sums: AlignedBuffer<Double>
  private let context: ExecutionContext

  /// Throws for a layout that does not fit. What is read may have any row stride.
  public init(input layout: MatrixLayout, context: ExecutionContext? = nil) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    try layout.check(
      rows: layout.rows, columns: layout.columns, count: .max, written: false,
      operation: OperatorDescriptor.sumOfSquares.name, operand: "input")
    try OperatorDescriptor.sumOfSquares.checkSize([.rows: layout.rows, .columns: layout.columns])
    (self.layout, self.context) = (layout, context)
    kernel = OptimizerKernels.variants.best(for: context.instructionSet).sum_of_squares
    partition = ElementPartition([layout], bytesPerElement: MemoryLayout<Float>.stride)
    sums = try AlignedBuffer(uninitializedCount: partition.itemCount * Self.lanes)
  }

  /// The sum; 0 without elements. Throws where the span is too short.
  public func run(_ input: Span<Float>) throws(TesseraError) -> Double {
    var sum = 0.0
    try input.withBuffer { input throws(TesseraError) in sum = try run(input) }
    return sum
  }

  func run(_ input: UnsafeBufferPointer<Float>) throws(TesseraError) -> Double {
    try layout.check(
      rows: layout.rows, columns: layout.columns, count: input.count, written: false,
      operation: OperatorDescriptor.sumOfSquares.name, operand: "input")
    var traffic = context.pool.run(itemCount: partition.itemCount, order: .neighbouring) { item, worker in
      let part = partition.part(ofItem: item)
      var block = tsr_sum_of_squares_f32(
        rows: part.rows, columns: part.columns, input: input.start(layout, of: part), input_stride: layout.rowStride,
        sums: sums.pointer + item * Self.lanes)
      kernel(&block)
      worker.count(
        readBytes: ElementType.float32.byteCount(ofElements: part.count), writtenBytes: 0)
    }
    traffic.writtenBytes += MemoryLayout<Float>.stride
    context.ledger?.record(
      .sumOfSquares, extents: [.rows: layout.rows, .columns: layout.columns], mode: .training, traffic: traffic)
    return sums.elements.reduce(0, +)
  }
}

/// The sum of squares in one call. See `SumOfSquaresPlan`.
public func sumOfSquares(
  _ input: Span<Float>, _ layout: MatrixLayout, context: ExecutionContext? = nil
) throws(TesseraError) -> Double {
  try SumOfSquaresPlan(input: layout, context: context).run(input)
}
