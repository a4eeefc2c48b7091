/// A linear map whose result is added to a residual while it is in the cache, planned: the end of a decoder's block.
///
///     output[r][c] = Σ_k input[r][k] · weight[c][k] + residual[r][c]
///
/// The same bits as `LinearPlan` and `ResidualPlan` one after the other, for every number of threads. A plan has
/// working memory: it runs one call at a time.
public final class LinearResidualPlan {
  private let plan: FusedLinear

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { plan.workspaceBytes }

  /// input: rows × depth; weight: columns × depth, or packed so; residual and output: rows × columns. `workspace`, of
  /// at least the context's threads, may be shared with plans that do not run at the same time; nil takes one.
  /// Throws where extents disagree or do not fit in memory.
  public convenience init(
    input: MatrixLayout, weight: MatrixLayout, isPacked: Bool = false, residual: MatrixLayout? = nil,
    output: MatrixLayout? = nil, workspace: GemmWorkspace? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    try self.init(
      .linearResidual, input: input, weight: weight, isPacked ? .packed : .rows, residual: residual, output: output,
      workspace: workspace, context: context)
  }

  /// A plan whose weights come as a model file stores them: `columns` rows of `type` without gaps. The bits are those
  /// of a `StoredLinearPlan` of more than `StoredLinearPlan.fewRows` rows and `ResidualPlan`.
  public convenience init(
    _ type: ElementType, input: MatrixLayout, columns: Int, residual: MatrixLayout? = nil, output: MatrixLayout? = nil,
    workspace: GemmWorkspace? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    try self.init(
      .linearResidual(storedAs: type), input: input, weight: MatrixLayout(rows: columns, columns: input.columns),
      .stored(type), residual: residual, output: output, workspace: workspace, context: context)
  }

  private init(
    _ descriptor: OperatorDescriptor, input: MatrixLayout, weight: MatrixLayout, _ form: LinearWeight.Form,
    residual: MatrixLayout?, output: MatrixLayout?, workspace: GemmWorkspace?, context: ExecutionContext?
  ) throws(TesseraError) {
    plan = try FusedLinear(
      descriptor, [.residual], input: input, weight: weight, form: form,
      second: residual ?? MatrixLayout(rows: input.rows, columns: weight.rows), output: output, mode: .inference,
      workspace: workspace, context: try ExecutionContext.resolve(context))
  }

  /// `output` shares memory with nothing else. Throws before anything is written.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, residual: Span<Float>, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try LinearWeight.with(weight) { weight throws(TesseraError) in try run(input, weight, residual, &output) }
  }

  /// The same with weights that were packed for the plan's shape and instruction set.
  public func run(
    _ input: Span<Float>, weight: PackedWeights, residual: Span<Float>, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try run(input, .packed(weight), residual, &output)
  }

  /// The same where residual and output, whose layouts must agree, are one matrix: what a decoder carries along.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, ontoResidual matrix: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var matrix = matrix
    try LinearWeight.with(weight) { weight throws(TesseraError) in try run(input, weight, onto: &matrix) }
  }

  /// The same with packed weights.
  public func run(
    _ input: Span<Float>, weight: PackedWeights, ontoResidual matrix: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var matrix = matrix
    try run(input, .packed(weight), onto: &matrix)
  }

  /// The same with stored weights, which may begin at any address and stay as they are while the call runs.
  public func run(
    _ input: Span<Float>, weight: RawSpan, ontoResidual matrix: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var matrix = matrix
    try weight.withUnsafeBytes { weight throws(TesseraError) in try run(input, .stored(weight), onto: &matrix) }
  }

  private func run(
    _ input: Span<Float>, _ weight: LinearWeight, _ residual: Span<Float>, _ output: inout MutableSpan<Float>
  ) throws(TesseraError) {
    try input.withBuffer { input throws(TesseraError) in
      try residual.withBuffer { residual throws(TesseraError) in
        try output.withMutableBuffer { output throws(TesseraError) in
          try run(input, weight: weight, residual: residual, output: output)
        }
      }
    }
  }

  private func run(
    _ input: Span<Float>, _ weight: LinearWeight, onto matrix: inout MutableSpan<Float>
  ) throws(TesseraError) {
    try input.withBuffer { input throws(TesseraError) in
      try matrix.withMutableBuffer { matrix throws(TesseraError) in
        try run(input, weight: weight, residual: UnsafeBufferPointer(matrix), output: matrix)
      }
    }
  }

  func run(
    _ input: UnsafeBufferPointer<Float>, weight: LinearWeight, residual: UnsafeBufferPointer<Float>,
    output: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    try plan.run(input, weight: weight, second: residual, output: output)
  }
}
