/// Bias, dropout and residual in one pass over memory (the paper's BDR), planned.
///
///     output[r][c] = dropout(input[r][c] + bias[c]) + residual[r][c]
///
/// Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4. A plan has no scratch; it may run many calls
/// at a time.
public struct BiasDropoutResidualPlan: Sendable {
  private let plan: ElementwisePlan
  private let planOnResidual: ElementwisePlan
  /// What the backward pass will ask for.
  public let savedTensors: BiasDropoutResidualSavedTensors

  /// `layout` covers `planes` planes one after the other, as `dropout(…, planes:)` sees them. In inference nothing is
  /// dropped, whatever `dropout` says. Throws where layouts disagree or do not fit.
  public init(
    input layout: MatrixLayout, residual: MatrixLayout? = nil, output: MatrixLayout? = nil, planes: Int = 1,
    dropout: Dropout?, mode: ExecutionMode, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let dropout = mode == .training ? dropout : nil
    savedTensors = BiasDropoutResidualSavedTensors(dropout: dropout)
    let stages = [.bias] + (dropout.map { [.dropout($0)] } ?? []) + [ElementwisePlan.Stage.residual]
    let layouts = ElementwisePlan.Layouts(
      input: layout, output: output ?? layout.contiguous, second: residual ?? layout.contiguous)
    // Each `run` lets the output be the one matrix that it names.
    var descriptor = OperatorDescriptor.biasDropoutResidual
    descriptor.aliasing = ["output": ["input"]]
    plan = try ElementwisePlan(descriptor, stages, planes: planes, layouts: layouts, context: context)
    descriptor.aliasing = ["output": ["residual"]]
    planOnResidual = try ElementwisePlan(descriptor, stages, planes: planes, layouts: layouts, context: context)
  }

  /// input, residual and output lie as the layouts say, bias has columns values. `output` shares memory with nothing
  /// that is read. Throws before anything is written where a span is too short.
  public func run(
    _ input: Span<Float>, bias: Span<Float>, residual: Span<Float>, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    try plan.run(input, bias: bias, second: residual, output: output)
  }

  /// The same where input and output, whose layouts must agree, are one matrix.
  public func run(
    inPlace matrix: consuming MutableSpan<Float>, bias: Span<Float>, residual: Span<Float>
  ) throws(TesseraError) {
    try plan.run(inPlace: matrix, bias: bias, second: residual)
  }

  /// The same where residual and output, whose layouts must agree, are one matrix: what a layer carries along.
  public func run(
    _ input: Span<Float>, bias: Span<Float>, ontoResidual matrix: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var matrix = matrix
    try matrix.withMutableBuffer { matrix throws(TesseraError) in
      try input.withBuffer { input throws(TesseraError) in
        try bias.withBuffer { bias throws(TesseraError) in
          try planOnResidual.run(
            .init(input: input, output: matrix, bias: bias, second: UnsafeBufferPointer(matrix)))
        }
      }
    }
  }
}

/// What the backward pass of bias, dropout and residual needs: no tensor, because all its gradients are the output's,
/// some of them dropped; and the dropout, from whose seed and offset the mask is made again.
public struct BiasDropoutResidualSavedTensors: Hashable, Sendable {
  /// nil where nothing was dropped.
  public let dropout: Dropout?
}
