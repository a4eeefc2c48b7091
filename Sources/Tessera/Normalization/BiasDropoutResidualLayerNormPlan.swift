/// Bias, dropout, residual and layer norm in one pass over memory (the paper's BDRLN), planned.
///
///     sum[r][c] = dropout(input[r][c] + bias[c]) + residual[r][c]
///     output[r][c] = (sum[r][c] − mean[r]) · inverseDeviation[r] · weight[c] + shift[c]
///     inverseDeviation[r] = 1 / √(variance[r] + ε)
///
/// A plan holds its scratch, so one plan runs one call at a time. `run` takes no working memory.
/// Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4.
public final class BiasDropoutResidualLayerNormPlan {
  private let plan: NormalizationPlan

  /// Scratch of all threads.
  public var workspaceBytes: Int { plan.workspaceBytes }

  /// In inference nothing is dropped, whatever `dropout` says, and nothing is kept for the backward pass. Without
  /// `hasBias` nothing is added to the input. `returnedSum` is where inference writes the sum, which a pre-norm layer
  /// goes on from; training has it among what it keeps.
  /// Throws where layouts disagree or do not fit, or epsilon is negative.
  public init(
    input: MatrixLayout, residual: MatrixLayout? = nil, output: MatrixLayout? = nil,
    returnedSum: MatrixLayout? = nil, hasBias: Bool = true, dropout: Dropout?, epsilon: Float = 1e-5,
    mode: ExecutionMode, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    plan = try NormalizationPlan(
      .layer, input: input, residual: residual, output: output, returnedSum: returnedSum, hasBias: hasBias,
      dropout: dropout, epsilon: epsilon, mode: mode, context: context)
  }

  /// input, residual and output lie as the layouts say; bias, weight and shift: columns values each, no bias where the
  /// plan has none. `output` shares memory with nothing that is read. `keeping` is needed in training and not used in
  /// inference. A row with NaN or an infinity that is not dropped gives NaN throughout.
  /// Throws before anything is written where a span is too short, or the plan returns the sum.
  public func run(
    _ input: Span<Float>, bias: Span<Float>?, residual: Span<Float>, weight: Span<Float>, shift: Span<Float>,
    output: consuming MutableSpan<Float>, keeping kept: BiasDropoutResidualLayerNormSavedTensors? = nil
  ) throws(TesseraError) {
    var output = output
    try plan.withOperands(
      input, bias: bias, residual: residual, weight: weight, shift: shift, output: &output, keeping: kept?.buffers,
      plan.run)
  }

  /// The same with the sum returned, by a plan for inference that has a layout of it.
  public func run(
    _ input: Span<Float>, bias: Span<Float>?, residual: Span<Float>, weight: Span<Float>, shift: Span<Float>,
    output: consuming MutableSpan<Float>, sum: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    var sum = sum
    try plan.withOperands(
      input, bias: bias, residual: residual, weight: weight, shift: shift, output: &output, sum: &sum, plan.run)
  }

  /// The same with the sum in the residual's place, by a plan for inference whose `returnedSum` is the residual's
  /// layout.
  public func run(
    _ input: Span<Float>, bias: Span<Float>?, addingTo residual: consuming MutableSpan<Float>, weight: Span<Float>,
    shift: Span<Float>,
    output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var residual = residual
    var output = output
    try plan.withOperands(
      input, bias: bias, addingTo: &residual, weight: weight, shift: shift, output: &output, plan.run)
  }
}

/// What the fused kernel's backward pass needs. Dropout's mask is not among it: seed and offset make it again.
public struct BiasDropoutResidualLayerNormSavedTensors: Sendable {
  /// What is normalised, rows × columns; the normalised value is (sum − mean) · inverseDeviation.
  public let sum: AlignedBuffer<Float>
  /// One a row.
  public let mean: AlignedBuffer<Float>
  /// 1 / √(variance + ε), one a row.
  public let inverseDeviation: AlignedBuffer<Float>

  /// Memory for rows × columns sums and two statistics a row. Throws for extents that do not fit.
  public init(rows: Int, columns: Int) throws(TesseraError) {
    sum = try AlignedBuffer(
      uninitializedCount: keptSumCount(rows: rows, columns: columns, .biasDropoutResidualLayerNorm))
    mean = try AlignedBuffer(uninitializedCount: rows)
    inverseDeviation = try AlignedBuffer(uninitializedCount: rows)
  }

  var buffers: NormalizationPlan.Kept { .init(sum: sum, mean: mean, inverseDeviation: inverseDeviation) }
}
