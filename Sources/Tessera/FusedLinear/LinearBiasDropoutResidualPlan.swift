/// A linear map with bias, dropout and residual applied while its result is in the cache, planned.
///
///     output[r][c] = dropout(Σ_k input[r][k] · weight[c][k] + bias[c]) + residual[r][c]
///
/// The same bits as `LinearPlan` and `BiasDropoutResidualPlan` one after the other, for every number of threads. A plan
/// has working memory: it runs one call at a time.
public final class LinearBiasDropoutResidualPlan {
  private(set) var plan: FusedLinear
  /// What the backward pass will ask for.
  public private(set) var savedTensors: BiasDropoutResidualSavedTensors

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { plan.workspaceBytes }

  /// input: rows × depth; weight: columns × depth, or packed so; residual and output: rows × columns. In inference
  /// nothing is dropped, whatever `dropout` says. `workspace`, of at least the context's threads, may be shared with
  /// plans that do not run at the same time; nil takes one. Throws where extents disagree or do not fit in memory.
  public init(
    input: MatrixLayout, weight: MatrixLayout, isPacked: Bool = false, residual: MatrixLayout? = nil,
    output: MatrixLayout? = nil, dropout: Dropout?, mode: ExecutionMode, workspace: GemmWorkspace? = nil,
    context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let dropout = mode == .training ? dropout : nil
    savedTensors = BiasDropoutResidualSavedTensors(dropout: dropout)
    plan = try FusedLinear(
      .linearBiasDropoutResidual, [.bias] + (dropout.map { [.dropout($0)] } ?? []) + [.residual], input: input,
      weight: weight, form: isPacked ? .packed : .rows,
      second: residual ?? MatrixLayout(rows: input.rows, columns: weight.rows), output: output, mode: mode,
      workspace: workspace, context: context)
  }

  /// Draws of calls from now on; nothing where nothing is dropped.
  func setDropoutOffset(_ offset: UInt32) {
    plan.setDropoutOffset(offset)
    savedTensors = BiasDropoutResidualSavedTensors(dropout: savedTensors.dropout?.at(offset: offset))
  }

  /// bias: columns values. `output` shares memory with nothing else. Throws before anything is written.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, bias: Span<Float>, residual: Span<Float>,
    output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try LinearWeight.with(weight) { weight throws(TesseraError) in
      try run(input, weight, bias, residual, &output)
    }
  }

  /// The same with weights that were packed for the plan's shape and instruction set.
  public func run(
    _ input: Span<Float>, weight: PackedWeights, bias: Span<Float>, residual: Span<Float>,
    output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try run(input, .packed(weight), bias, residual, &output)
  }

  /// The same where residual and output, whose layouts must agree, are one matrix: what a layer carries along.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, bias: Span<Float>, ontoResidual matrix: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var matrix = matrix
    try LinearWeight.with(weight) { weight throws(TesseraError) in try run(input, weight, bias, onto: &matrix) }
  }

  /// The same with packed weights.
  public func run(
    _ input: Span<Float>, weight: PackedWeights, bias: Span<Float>, ontoResidual matrix: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var matrix = matrix
    try run(input, .packed(weight), bias, onto: &matrix)
  }

  private func run(
    _ input: Span<Float>, _ weight: LinearWeight, _ bias: Span<Float>, _ residual: Span<Float>,
    _ output: inout MutableSpan<Float>
  ) throws(TesseraError) {
    try input.withBuffer { input throws(TesseraError) in
      try bias.withBuffer { bias throws(TesseraError) in
        try residual.withBuffer { residual throws(TesseraError) in
          try output.withMutableBuffer { output throws(TesseraError) in
            try run(input, weight: weight, bias: bias, residual: residual, output: output)
          }
        }
      }
    }
  }

  private func run(
    _ input: Span<Float>, _ weight: LinearWeight, _ bias: Span<Float>, onto matrix: inout MutableSpan<Float>
  ) throws(TesseraError) {
    try input.withBuffer { input throws(TesseraError) in
      try bias.withBuffer { bias throws(TesseraError) in
        try matrix.withMutableBuffer { matrix throws(TesseraError) in
          try run(input, weight: weight, bias: bias, residual: UnsafeBufferPointer(matrix), output: matrix)
        }
      }
    }
  }

  func run(
    _ input: UnsafeBufferPointer<Float>, weight: LinearWeight, bias: UnsafeBufferPointer<Float>,
    residual: UnsafeBufferPointer<Float>, output: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    try plan.run(input, weight: weight, bias: bias, second: residual, output: output)
  }
}
