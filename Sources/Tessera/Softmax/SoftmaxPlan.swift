import CTesseraKernels

/// Softmax over rows, planned: variant, work items and one row of scratch a thread.
///
/// A plan holds its scratch, so one plan runs one call at a time. `run` takes no working memory.
public final class SoftmaxPlan {
  /// Scratch of all threads.
  public var workspaceBytes: Int { scratch.byteCount }

  private let inputLayout: MatrixLayout
  private let outputLayout: MatrixLayout
  private let kernel: tsr_f32_softmax_kernel
  private let scratch: RowScratch
  private let partition: RowPartition
  private let residency: RowResidency
  private let usesNonTemporalStores: Bool
  private let context: ExecutionContext
  private let planes: Int

  /// Throws where the layouts disagree or do not fit.
  public convenience init(
    input: MatrixLayout, output: MatrixLayout? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    try self.init(planes: 1, input: input, output: output ?? input.contiguous, context: try .resolve(context))
  }

  init(
    planes: Int, input: MatrixLayout, output: MatrixLayout, context: ExecutionContext
  ) throws(TesseraError) {
    let (rows, columns) = (input.rows, input.columns)
    try input.check(
      rows: rows, columns: columns, count: .max, written: false, operation: "softmax", operand: "input")
    try output.check(
      rows: rows, columns: columns, count: .max, written: true, operation: "softmax", operand: "output")
    self.planes = planes
    inputLayout = input
    outputLayout = output
    self.context = context
    kernel = SoftmaxKernels.variants.best(for: context.instructionSet).softmax
    scratch = try RowScratch(columns: columns, threadCount: context.pool.threadCount)
    let rowBytes = ElementType.float32.byteCount(ofElements: columns)
    let source = RowResidency.Stream("input", bytes: rowBytes, .perRow)
    let target = RowResidency.Stream("output", bytes: rowBytes, .perRow)
    let work = RowResidency.Stream("scratch", bytes: rowBytes, .scratch)
    residency = RowResidency(
      passes: [
        .init(reads: [source], writes: []), .init(reads: [source], writes: [work]),
        .init(reads: [work], writes: [target]),
      ], capacity: context.fastMemoryBytes)
    partition = RowPartition(rows: rows, bytesPerRow: columns * 8)
    usesNonTemporalStores = rows * columns * 8 > context.fastMemoryBytes
  }

  /// output = softmax of each row of input. `output` may not share memory with `input`.
  public func run(_ input: Span<Float>, output: consuming MutableSpan<Float>) throws(TesseraError) {
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try output.withMutableBuffer { output throws(TesseraError) in try run(input: input, output: output) }
    }
  }

  /// matrix = softmax of each row of matrix; needs a plan whose two layouts are the same.
  public func run(inPlace matrix: consuming MutableSpan<Float>) throws(TesseraError) {
    var matrix = matrix
    try matrix.withMutableBuffer { matrix throws(TesseraError) in
      try run(input: UnsafeBufferPointer(matrix), output: matrix)
    }
  }

  func run(
    input: UnsafeBufferPointer<Float>, output: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let (rows, columns) = (inputLayout.rows, inputLayout.columns)
    try inputLayout.check(
      rows: rows, columns: columns, count: input.count, written: false, operation: "softmax", operand: "input")
    try outputLayout.check(
      rows: rows, columns: columns, count: output.count, written: true, operation: "softmax", operand: "output")
    let isInPlace = try checkOverlap(
      .softmax, reads: [PlacedMatrix("input", input, inputLayout)],
      writes: [PlacedMatrix("output", UnsafeBufferPointer(output), outputLayout)])
    let streams = usesNonTemporalStores && !isInPlace
    let traffic = context.pool.run(itemCount: columns == 0 ? 0 : partition.itemCount, order: .neighbouring) {
      item, worker in
      let itemRows = partition.rows(ofItem: item)
      let first = itemRows.lowerBound
      var block = tsr_softmax_f32()
      block.rows = itemRows.count
      block.columns = columns
      block.input = input.baseAddress! + inputLayout.offset + first * inputLayout.rowStride
      block.input_stride = inputLayout.rowStride
      block.output = output.baseAddress! + outputLayout.offset + first * outputLayout.rowStride
      block.output_stride = outputLayout.rowStride
      block.scratch = scratch.row(ofWorker: worker.index)
      block.streaming = streams
      kernel(&block)
      worker.count(residency.traffic(rows: itemRows.count))
    }
    context.ledger?.record(
      .softmax, extents: [.planes: planes, .rows: planes == 0 ? 0 : rows / planes, .columns: columns],
      mode: .training, traffic: traffic)
  }
}

/// output[r] = softmax(input[r]) for each row, in one call: makes a plan, runs it, lets it go.
///
/// A row whose every element is −inf gives zeros; one that holds NaN or +inf gives NaN throughout.
/// `output` may not share memory with `input`. Throws before anything is written where layouts or spans do not fit.
public func softmax(
  _ input: Span<Float>, _ layout: MatrixLayout, output: consuming MutableSpan<Float>,
  outputLayout: MatrixLayout? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  try SoftmaxPlan(input: layout, output: outputLayout, context: context).run(input, output: output)
}
