/// A linear map with bias, activation and dropout applied while its result is in the cache, planned.
///
///     output[r][c] = dropout(activation(Σ_k input[r][k] · weight[c][k] + bias[c]))
///
/// The same bits as `LinearPlan` and `BiasActivationDropoutPlan` one after the other, for every number of threads. A
/// plan has working memory: it runs one call at a time.
public final class LinearBiasActivationDropoutPlan {
  private(set) var plan: FusedLinear
  /// What the backward pass will ask for. Where that is the input, it is what calls keep: the linear map's result
  /// before its bias.
  public private(set) var savedTensors: BiasActivationDropoutSavedTensors

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { plan.workspaceBytes }

  /// Whether a call keeps the linear map's result: in training, where the activation's gradient needs it.
  public let keepsResult: Bool

  /// input: rows × depth; weight: columns × depth, or packed so; output: rows × columns. In inference nothing is
  /// dropped, whatever `dropout` says. `workspace`, of at least the context's threads, may be shared with plans that do
  /// not run at the same time; nil takes one. Throws where extents disagree or do not fit in memory.
  public init(
    _ activation: Activation, input: MatrixLayout, weight: MatrixLayout, isPacked: Bool = false,
    output: MatrixLayout? = nil, dropout: Dropout?, mode: ExecutionMode, workspace: GemmWorkspace? = nil,
    context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let dropout = mode == .training ? dropout : nil
    savedTensors = BiasActivationDropoutSavedTensors(activation: activation, dropout: dropout)
    keepsResult = mode == .training && savedTensors.neededTensor == .input
    plan = try FusedLinear(
      .linearBiasActivationDropout(keepsResult: keepsResult),
      [.bias, .activation(activation)] + (dropout.map { [.dropout($0)] } ?? []), input: input, weight: weight,
      form: isPacked ? .packed : .rows, output: output, keepsResult: keepsResult, mode: mode,
      workspace: workspace, context: context)
  }

  /// Draws of calls from now on; nothing where nothing is dropped.
  func setDropoutOffset(_ offset: UInt32) {
    plan.setDropoutOffset(offset)
    savedTensors = BiasActivationDropoutSavedTensors(
      activation: savedTensors.activation, dropout: savedTensors.dropout?.at(offset: offset))
  }

  /// bias: columns values. `keeping`: rows × columns without gaps, needed where the plan `keepsResult`, and not used
  /// otherwise. What is written shares memory with nothing else. Throws before anything is written.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, bias: Span<Float>, output: consuming MutableSpan<Float>,
    keeping kept: AlignedBuffer<Float>? = nil
  ) throws(TesseraError) {
    var output = output
    try LinearWeight.with(weight) { weight throws(TesseraError) in
      try run(input, weight, bias, &output, kept)
    }
  }

  /// The same with weights that were packed for the plan's shape and instruction set.
  public func run(
    _ input: Span<Float>, weight: PackedWeights, bias: Span<Float>, output: consuming MutableSpan<Float>,
    keeping kept: AlignedBuffer<Float>? = nil
  ) throws(TesseraError) {
    var output = output
    try run(input, .packed(weight), bias, &output, kept)
  }

  private func run(
    _ input: Span<Float>, _ weight: LinearWeight, _ bias: Span<Float>, _ output: inout MutableSpan<Float>,
    _ kept: AlignedBuffer<Float>?
  ) throws(TesseraError) {
    try input.withBuffer { input throws(TesseraError) in
      try bias.withBuffer { bias throws(TesseraError) in
        try output.withMutableBuffer { output throws(TesseraError) in
          try run(input, weight: weight, bias: bias, output: output, keeping: kept?.elements)
        }
      }
    }
  }

  func run(
    _ input: UnsafeBufferPointer<Float>, weight: LinearWeight, bias: UnsafeBufferPointer<Float>,
    output: UnsafeMutableBufferPointer<Float>, keeping kept: UnsafeMutableBufferPointer<Float>? = nil
  ) throws(TesseraError) {
    try plan.run(input, weight: weight, bias: bias, output: output, keeping: kept)
  }
}
