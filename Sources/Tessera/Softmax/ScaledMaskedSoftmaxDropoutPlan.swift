import CTesseraKernels

/// Scale, mask, softmax and dropout of stored attention scores in one pass over memory (the paper's SM), planned.
///
///     probabilities[r] = softmax over the visible columns of scale · input[r], and 0 in the hidden ones
///     output[r][c] = dropout(probabilities[r][c])
///
/// Layouts cover `planes` planes one after the other (batch · heads), each with rows / planes rows: a plane's rows are
/// its queries, its columns the keys, and the mask says by position which of them each sees. Hidden scores are not
/// used, NaN included. A row that sees nothing, or nothing but −inf, gives zeros; one that sees NaN, or +inf after
/// scaling, gives NaN wherever it sees, except where dropout drops it.
///
/// A plan holds its scratch, so one plan runs one call at a time. `run` takes no working memory.
/// Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4.
public final class ScaledMaskedSoftmaxDropoutPlan {
  /// Scratch of all threads.
  public var workspaceBytes: Int { scratch.byteCount }

  let inputLayout: MatrixLayout
  let outputLayout: MatrixLayout
  let planes: Int
  let mode: ExecutionMode
  let scratch: RowScratch
  let partition: RowPartition
  let residency: RowResidency
  let context: ExecutionContext
  private let scale: Float
  private let edges: (first: AttentionMask.Edge, end: AttentionMask.Edge)
  private let dropout: Dropout?
  let usesNonTemporalStores: Bool
  let kernel: tsr_f32_scaled_masked_softmax_dropout_kernel

  var rowsPerPlane: Int { planes == 0 ? 0 : inputLayout.rows / planes }

  /// In inference nothing is dropped, whatever `dropout` says, and nothing is kept for the backward pass.
  /// Throws where layouts disagree or do not fit, where `planes` does not divide the rows, for a scale whose
  /// product with log₂ e is not finite, and for a window with a negative bound.
  public init(
    planes: Int = 1, input: MatrixLayout, output: MatrixLayout? = nil, scale: Float = 1, mask: AttentionMask = .full,
    dropout: Dropout?, mode: ExecutionMode, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let name = OperatorDescriptor.scaledMaskedSoftmaxDropout.name
    let (rows, columns) = (input.rows, input.columns)
    inputLayout = input
    outputLayout = output ?? input.contiguous
    try input.check(rows: rows, columns: columns, count: .max, written: false, operation: name, operand: "input")
    try outputLayout.check(
      rows: rows, columns: columns, count: .max, written: true, operation: name, operand: "output")
    guard (0...maximumElementCount).contains(planes), planes == 0 ? rows == 0 : rows % planes == 0 else {
      throw .invalidOperand(
        operation: name, operand: "planes", expected: "a divisor of \(rows) rows, at most \(maximumElementCount)",
        actual: "\(planes)")
    }
    // The kernels' exponential is a power of 2, so what has to be finite is scale · log₂ e.
    guard (scale * portableLog2E).isFinite else {
      throw .invalidOperand(
        operation: name, operand: "scale", expected: "a number whose product with log₂ e is finite",
        actual: scale.spelled)
    }
    for bound in mask.bounds where bound.value < 0 {
      throw .invalidOperand(
        operation: name, operand: bound.name, expected: "0 or more, or nil or -1 for an open side",
        actual: "\(bound.value)")
    }
    self.planes = planes
    self.mode = mode
    self.scale = scale
    self.context = context
    // Inference drops nothing, and what drops nothing costs nothing.
    self.dropout = mode == .training ? dropout.flatMap { $0.isIdentity ? nil : $0 } : nil
    let rowsPerPlane = planes == 0 ? 0 : rows / planes
    if self.dropout != nil {
      try checkCounterWords(planes: planes, rows: rowsPerPlane, columns: columns, operation: name)
    }
    edges = mask.edges(queryLength: rowsPerPlane, keyLength: columns)
    kernel = SoftmaxKernels.variants.best(for: context.instructionSet).scaled_masked_softmax_dropout
    scratch = try RowScratch(columns: columns, threadCount: context.pool.threadCount)
    func stream(_ name: String, _ kind: RowResidency.Stream.Kind) -> RowResidency.Stream {
      .init(name, bytes: ElementType.float32.byteCount(ofElements: columns), kind)
    }
    let written = mode == .training ? ["output", "probabilities"] : ["output"]
    residency = RowResidency(
      passes: [
        .init(reads: [stream("input", .perRow)], writes: []),
        .init(reads: [stream("input", .perRow)], writes: [stream("scratch", .scratch)]),
        .init(reads: [stream("scratch", .scratch)], writes: written.map { stream($0, .perRow) }),
      ], capacity: context.fastMemoryBytes)
    let streamedBytes = ElementType.float32.byteCount(ofElements: columns) * (1 + written.count)
    partition = RowPartition(rows: rows, bytesPerRow: streamedBytes)
    usesNonTemporalStores = rows * streamedBytes > context.fastMemoryBytes
  }

  /// The kernel's call for `rows`, counted through all planes, which lie in one plane.
  func block(_ operands: Operands, rows: Range<Int>, plane: Int) -> tsr_scaled_masked_softmax_dropout_f32 {
    let (first, query) = (rows.lowerBound, rows.lowerBound - plane * rowsPerPlane)
    var block = tsr_scaled_masked_softmax_dropout_f32()
    block.rows = rows.count
    block.columns = inputLayout.columns
    block.input = operands.input.baseAddress! + inputLayout.offset + first * inputLayout.rowStride
    block.input_stride = inputLayout.rowStride
    block.scale = scale
    (block.first, block.first_step) = (edges.first.position(query: query), edges.first.step)
    (block.last, block.last_step) = (edges.end.position(query: query), edges.end.step)
    block.output = operands.output.baseAddress! + outputLayout.offset + first * outputLayout.rowStride
    block.output_stride = outputLayout.rowStride
    block.probabilities = operands.probabilities.map { $0.baseAddress! + first * inputLayout.columns }
    block.probabilities_stride = inputLayout.columns
    if let dropout { block.dropout = dropout.kernelArgument(plane: plane, row: query) }
    return block
  }
}
