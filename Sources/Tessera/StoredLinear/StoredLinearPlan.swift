import CTesseraKernels

/// A linear map of each row whose weights are read as a model file stores them, planned.
///
///     output[r][c] = Σ_k input[r][k] · weight[c][k], or that added to what output holds
///
/// Few rows, as in decoding, read the weights once and take them apart in registers, their products added in lanes.
/// With more, the engine multiplies weights that it dequantises panel by panel, in one chain over k. Either way a row's
/// result is the same bits whatever other rows a call of its kind has. A plan has scratch: it runs one call at a time.
public final class StoredLinearPlan {
  /// Calls of up to so many rows read the weights once; a fixed number, so that results follow from the problem.
  public static let fewRows = 16

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int {
    (product == nil ? 0 : workspace.byteCount) + MemoryLayout<Float>.stride * (arranged?.elements.count ?? 0)
  }

  private let type: ElementType
  private let input: MatrixLayout
  private let output: MatrixLayout
  private let accumulates: Bool
  private let rowBytes: Int
  private let items: StoredLinearItems
  /// The engine's plan where rows are many.
  private let product: GemmPlan?
  private let workspace: GemmWorkspace
  /// A few rows' inputs in the order that the kernel wants; none where it reads them where they lie.
  private let arranged: AlignedBuffer<Float>?
  private let arrangedCount: Int
  private let kernels: StoredKernels
  private let descriptor: OperatorDescriptor
  private let context: ExecutionContext

  /// input: rows × depth; output: rows × columns; weight: columns rows of depth elements of `type`, without gaps. Row
  /// strides are at least the number of columns. `accumulates`: adds to what output holds, as to a residual.
  /// Throws where layouts disagree or do not fit, or depth is no whole number of blocks.
  public convenience init(
    _ type: ElementType, input: MatrixLayout, output: MatrixLayout, accumulates: Bool = false,
    context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    try self.init(
      type, input: input, output: output, accumulates: accumulates,
      workspace: GemmWorkspace(threadCount: context.pool.threadCount), context: context)
  }

  /// `workspace` is shared with plans that do not run at the same time.
  public init(
    _ type: ElementType, input: MatrixLayout, output: MatrixLayout, accumulates: Bool = false, workspace: GemmWorkspace,
    context: ExecutionContext
  ) throws(TesseraError) {
    descriptor = .storedLinear(type, accumulates: accumulates)
    for (operand, layout, columns) in [("input", input, input.columns), ("output", output, output.columns)] {
      try layout.check(
        rows: output.rows, columns: columns, count: .max, written: operand == "output", operation: descriptor.name,
        operand: operand)
    }
    try type.checkRow(input.columns, operation: descriptor.name, operand: "depth")
    try descriptor.checkSize([.rows: output.rows, .columns: output.columns, .depth: input.columns])
    (self.type, self.input, self.output, self.accumulates, self.context) = (type, input, output, accumulates, context)
    self.workspace = workspace
    rowBytes = type.rowBytes(input.columns)
    kernels = StoredKernels.variants.best(for: context.instructionSet)
    items = StoredLinearItems(columns: output.columns, rowBytes: rowBytes)
    if output.rows <= Self.fewRows {
      product = nil
      arrangedCount = kernels.arranged?.count(type.kernelType, input.columns) ?? 0
      arranged = arrangedCount > 0 ? try AlignedBuffer(uninitializedCount: output.rows * arrangedCount) : nil
    } else {
      (arranged, arrangedCount) = (nil, 0)
      product = try GemmPlan(
        GemmProblem(
          rows: output.rows, columns: output.columns, depth: input.columns, leftRowStride: input.rowStride,
          right: .stored(type), outputRowStride: output.rowStride, accumulates: accumulates),
        workspace: workspace, context: context)
    }
  }

  /// `weight` may begin at any address and stays as it is while the call runs. `output` shares memory with neither.
  /// Where depth is 0 sums are 0. Throws before anything is written where memory is short or shared.
  public func run(
    _ input: Span<Float>, weight: RawSpan, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try weight.withUnsafeBytes { weight throws(TesseraError) in
        try output.withMutableBuffer { output throws(TesseraError) in
          try run(input: input, weight: weight, output: output)
        }
      }
    }
  }

  func run(
    input x: UnsafeBufferPointer<Float>, weight w: UnsafeRawBufferPointer, output y: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    try check(x, w, y)
    let traffic =
      if let product {
        product.run(
          GemmPlan.Operands(
            left: x.baseAddress.map { $0 + input.offset }, right: w.baseAddress,
            output: y.baseAddress.map { $0 + output.offset }))
      } else {
        runFewRows(x, w, y)
      }
    context.ledger?.record(
      descriptor, extents: [.rows: output.rows, .columns: output.columns, .depth: input.columns], mode: .training,
      traffic: traffic)
  }

  private func runFewRows(
    _ x: UnsafeBufferPointer<Float>, _ w: UnsafeRawBufferPointer, _ y: UnsafeMutableBufferPointer<Float>
  ) -> Traffic {
    guard input.columns > 0 else {
      if !accumulates { clear(y) }
      let bytes = output.rows * output.columns * MemoryLayout<Float>.stride
      return Traffic(readBytes: accumulates ? bytes : 0, writtenBytes: bytes)
    }
    arrange(x)
    return context.pool.run(itemCount: output.rows > 0 ? items.itemCount : 0, order: .neighbouring) { item, worker in
      let moved = fewRows(items[item], x, w, y)
      worker.count(moved)
    }
  }

  private func arrange(_ x: UnsafeBufferPointer<Float>) {
    guard let arranged, input.rows > 0 else { return }
    var call = tsr_stored_arrange_f32()
    (call.type, call.rows, call.depth) = (type.kernelType, input.rows, input.columns)
    (call.input, call.input_stride) = (x.baseAddress! + input.offset, input.rowStride)
    call.arranged = arranged.elements.baseAddress!
    kernels.arranged!.arrange(&call)
  }

  private func fewRows(
    _ columns: Range<Int>, _ x: UnsafeBufferPointer<Float>, _ w: UnsafeRawBufferPointer,
    _ y: UnsafeMutableBufferPointer<Float>
  ) -> Traffic {
    var call = tsr_stored_linear_f32()
    (call.type, call.rows, call.columns, call.depth) = (type.kernelType, output.rows, columns.count, input.columns)
    if let arranged {
      (call.input, call.input_stride) = (UnsafePointer(arranged.elements.baseAddress!), arrangedCount)
    } else {
      (call.input, call.input_stride) = (x.baseAddress! + input.offset, input.rowStride)
    }
    call.weight = bytes(w, of: columns.lowerBound)
    (call.output, call.output_stride) = (y.baseAddress! + output.offset + columns.lowerBound, output.rowStride)
    call.accumulate = accumulates
    kernels.linear(&call)
    // The input once for each item: a few rows stay in cache from tile to tile.
    let written = output.rows * columns.count * MemoryLayout<Float>.stride
    return Traffic(
      readBytes: columns.count * rowBytes + input.rows * input.columns * MemoryLayout<Float>.stride
        + (accumulates ? written : 0),
      writtenBytes: written)
  }

  private func bytes(_ weight: UnsafeRawBufferPointer, of column: Int) -> UnsafePointer<UInt8> {
    weight.baseAddress!.assumingMemoryBound(to: UInt8.self) + column * rowBytes
  }

  private func clear(_ y: UnsafeMutableBufferPointer<Float>) {
    for row in 0..<output.rows where output.columns > 0 {
      (y.baseAddress! + output.offset + row * output.rowStride).update(repeating: 0, count: output.columns)
    }
  }

  private func check(
    _ x: UnsafeBufferPointer<Float>, _ w: UnsafeRawBufferPointer, _ y: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let name = descriptor.name
    try input.check(
      rows: input.rows, columns: input.columns, count: x.count, written: false, operation: name, operand: "input")
    try output.check(
      rows: output.rows, columns: output.columns, count: y.count, written: true, operation: name, operand: "output")
    let weightBytes = output.columns * rowBytes
    guard w.count >= weightBytes else {
      throw .invalidOperand(
        operation: name, operand: "weight", expected: "at least \(weightBytes) bytes of \(type.name)",
        actual: "\(w.count)")
    }
    try checkOverlap(
      descriptor,
      reads: [PlacedMatrix("input", x, input), PlacedMatrix("weight", bytes: w.baseAddress, count: weightBytes)],
      writes: [PlacedMatrix("output", UnsafeBufferPointer(y), output)])
  }
}
