/// A linear map with bias, dropout, residual and layer norm applied while its rows are in the cache, planned.
///
///     sum[r][c] = dropout(Σ_k input[r][k] · weight[c][k] + bias[c]) + residual[r][c]
///     output[r][c] = (sum[r][c] − mean[r]) · inverseDeviation[r] · normWeight[c] + normShift[c]
///
/// The same bits as `LinearPlan` and `BiasDropoutResidualLayerNormPlan` one after the other, for every number of
/// threads. A plan has working memory: it runs one call at a time.
public final class LinearBiasDropoutResidualLayerNormPlan {
  private let plan: LinearNorm

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { plan.workspaceBytes }

  /// input: rows × depth; weight: columns × depth, or packed so; residual, output and `returnedSum`: rows × columns. In
  /// inference nothing is dropped, whatever `dropout` says, and nothing is kept for the backward pass. Without
  /// `hasBias` nothing is added to the map's result. `returnedSum` is where inference writes the sum, which a pre-norm
  /// layer goes on from; training has it among what it keeps. `workspace`, of at least the context's threads, may be
  /// shared with plans that do not run at the same time; nil takes one.
  /// Throws where extents disagree or do not fit in memory, or epsilon is negative.
  public init(
    input: MatrixLayout, weight: MatrixLayout, isPacked: Bool = false, residual: MatrixLayout? = nil,
    output: MatrixLayout? = nil, returnedSum: MatrixLayout? = nil, hasBias: Bool = true, dropout: Dropout?,
    epsilon: Float = 1e-5, mode: ExecutionMode, workspace: GemmWorkspace? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    plan = try LinearNorm(
      .layer, input: input, weight: weight, isPacked: isPacked, residual: residual, output: output,
      returnedSum: returnedSum, hasBias: hasBias, dropout: dropout, epsilon: epsilon, mode: mode, workspace: workspace,
      context: context)
  }

  /// bias, normWeight and normShift: columns values each, no bias where the plan has none. `output` shares memory with
  /// nothing that is read. `keeping` is needed in training and not used in inference.
  /// Throws before anything is written where a span is too short, or the plan returns the sum.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, bias: Span<Float>?, residual: Span<Float>, normWeight: Span<Float>,
    normShift: Span<Float>, output: consuming MutableSpan<Float>,
    keeping kept: BiasDropoutResidualLayerNormSavedTensors? = nil
  ) throws(TesseraError) {
    var output = output
    try LinearWeight.with(weight) { weight throws(TesseraError) in
      try plan.norm.withOperands(
        input, bias: bias, residual: residual, weight: normWeight, shift: normShift, output: &output,
        keeping: kept?.buffers, plan.call(weight))
    }
  }

  /// The same with weights that were packed for the plan's shape and instruction set.
  public func run(
    _ input: Span<Float>, weight: PackedWeights, bias: Span<Float>?, residual: Span<Float>, normWeight: Span<Float>,
    normShift: Span<Float>, output: consuming MutableSpan<Float>,
    keeping kept: BiasDropoutResidualLayerNormSavedTensors? = nil
  ) throws(TesseraError) {
    var output = output
    try plan.norm.withOperands(
      input, bias: bias, residual: residual, weight: normWeight, shift: normShift, output: &output,
      keeping: kept?.buffers, plan.call(.packed(weight)))
  }

  /// The same with the sum returned, by a plan for inference that has a layout of it.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, bias: Span<Float>?, residual: Span<Float>, normWeight: Span<Float>,
    normShift: Span<Float>, output: consuming MutableSpan<Float>, sum: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    var sum = sum
    try LinearWeight.with(weight) { weight throws(TesseraError) in
      try plan.norm.withOperands(
        input, bias: bias, residual: residual, weight: normWeight, shift: normShift, output: &output, sum: &sum,
        plan.call(weight))
    }
  }

  /// The same with the sum returned, and packed weights.
  public func run(
    _ input: Span<Float>, weight: PackedWeights, bias: Span<Float>?, residual: Span<Float>, normWeight: Span<Float>,
    normShift: Span<Float>, output: consuming MutableSpan<Float>, sum: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    var sum = sum
    try plan.norm.withOperands(
      input, bias: bias, residual: residual, weight: normWeight, shift: normShift, output: &output, sum: &sum,
      plan.call(.packed(weight)))
  }

  /// The same with the sum in the residual's place, by a plan for inference whose `returnedSum` is the residual's
  /// layout.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, bias: Span<Float>?, addingTo residual: consuming MutableSpan<Float>,
    normWeight: Span<Float>, normShift: Span<Float>, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var residual = residual
    var output = output
    try LinearWeight.with(weight) { weight throws(TesseraError) in
      try plan.norm.withOperands(
        input, bias: bias, addingTo: &residual, weight: normWeight, shift: normShift, output: &output,
        plan.call(weight))
    }
  }

  /// The same with the sum in the residual's place, and packed weights.
  public func run(
    _ input: Span<Float>, weight: PackedWeights, bias: Span<Float>?, addingTo residual: consuming MutableSpan<Float>,
    normWeight: Span<Float>, normShift: Span<Float>, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var residual = residual
    var output = output
    try plan.norm.withOperands(
      input, bias: bias, addingTo: &residual, weight: normWeight, shift: normShift, output: &output,
      plan.call(.packed(weight)))
  }
}
