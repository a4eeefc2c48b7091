/// Bias, activation and dropout in one pass over memory (the paper's BRD), planned.
///
///     output[r][c] = dropout(activation(input[r][c] + bias[c]))
///
/// Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4, for ReLU. A plan has no scratch; it may run
/// many calls at a time.
public struct BiasActivationDropoutPlan: Sendable {
  private let plan: ElementwisePlan
  /// What the backward pass will ask for.
  public let savedTensors: BiasActivationDropoutSavedTensors

  /// `layout` covers `planes` planes one after the other, as `dropout(…, planes:)` sees them. In inference nothing is
  /// dropped, whatever `dropout` says. Throws where layouts disagree or do not fit.
  public init(
    _ activation: Activation, input layout: MatrixLayout, output: MatrixLayout? = nil, planes: Int = 1,
    dropout: Dropout?, mode: ExecutionMode, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let dropout = mode == .training ? dropout : nil
    savedTensors = BiasActivationDropoutSavedTensors(activation: activation, dropout: dropout)
    plan = try ElementwisePlan(
      .biasActivationDropout, [.bias, .activation(activation)] + (dropout.map { [.dropout($0)] } ?? []),
      planes: planes, layouts: .init(input: layout, output: output ?? layout.contiguous), context: context)
  }

  /// input and output lie as the layouts say, bias has columns values. `output` shares memory with nothing that is
  /// read. A dropped element is 0 whatever it held. Throws before anything is written where a span is too short.
  public func run(
    _ input: Span<Float>, bias: Span<Float>, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    try plan.run(input, bias: bias, output: output)
  }

  /// The same where input and output, whose layouts must agree, are one matrix.
  public func run(inPlace matrix: consuming MutableSpan<Float>, bias: Span<Float>) throws(TesseraError) {
    try plan.run(inPlace: matrix, bias: bias)
  }
}

/// What the backward pass of bias, activation and dropout needs. The forward pass writes none of it: it is the call's
/// output or its input and bias, which the caller keeps, and the dropout, from whose seed and offset the mask is made
/// again.
public struct BiasActivationDropoutSavedTensors: Hashable, Sendable {
  public let activation: Activation
  /// nil where nothing was dropped.
  public let dropout: Dropout?

  /// A tensor of the call.
  public enum Tensor: Hashable, Sendable { case input, output }

  /// Which one must be unchanged until then. ReLU's zeros are those of its output, dropped elements' included, so that
  /// the output alone does. The others do not rise throughout, and what they were made from cannot be told from it:
  /// they need the input, which a call in place does not leave.
  public var neededTensor: Tensor { activation.gradientNeedsInput ? .input : .output }
}

extension Activation {
  /// Whether the gradient cannot be told from the result.
  var gradientNeedsInput: Bool { self != .relu }
}
