/// RMS normalisation over rows, planned: variant and work items. Any number of threads may run one plan.
///
///     output[r][c] = input[r][c] · inverseRootMeanSquare[r] · weight[c]
///     inverseRootMeanSquare[r] = 1 / √(Σ_c input[r][c]² / columns + ε)
///
/// Zhang, Sennrich, "Root Mean Square Layer Normalization" (NeurIPS 2019).
public struct RMSNormPlan: Sendable {
  private let plan: NormalizationPlan

  /// `epsilon` is added to the mean square. Training keeps a statistic of each row, inference does not.
  /// Throws where layouts disagree or do not fit, or epsilon is negative.
  public init(
    input: MatrixLayout, output: MatrixLayout? = nil, epsilon: Float = 1e-5, mode: ExecutionMode = .inference,
    context: ExecutionContext? = nil
  ) throws(TesseraError) {
    plan = try NormalizationPlan(
      .rootMeanSquare, layouts: .init(input: input, output: output ?? input.contiguous), epsilon: epsilon,
      dropout: nil, mode: mode, context: try .resolve(context))
  }

  /// weight: columns values. `output` shares memory with nothing that is read. `keeping` is needed in training and not
  /// used in inference. A row of no columns writes no output. One with NaN gives NaN throughout; one with an infinity
  /// gives 0, and NaN where the infinity is. Throws before anything is written where a span is too short.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, output: consuming MutableSpan<Float>,
    keeping kept: RMSNormSavedTensors? = nil
  ) throws(TesseraError) {
    var output = output
    let kept = try plan.checkKept(kept)
    try plan.withOperands(input, weight: weight, output: &output) { operands throws(TesseraError) in
      var operands = operands
      operands.inverseDeviation = kept?.inverseRootMeanSquare.elements
      try plan.run(operands)
    }
  }

  /// The same with the result in place of the input; needs a plan whose two layouts are the same.
  public func run(
    inPlace matrix: consuming MutableSpan<Float>, weight: Span<Float>, keeping kept: RMSNormSavedTensors? = nil
  ) throws(TesseraError) {
    var matrix = matrix
    let kept = try plan.checkKept(kept)
    try plan.withOperands(inPlace: &matrix, weight: weight) { operands throws(TesseraError) in
      var operands = operands
      operands.inverseDeviation = kept?.inverseRootMeanSquare.elements
      try plan.run(operands)
    }
  }
}

/// What RMS norm's backward pass needs besides its input.
public struct RMSNormSavedTensors: Sendable {
  /// 1 / √(mean square + ε), one a row.
  public let inverseRootMeanSquare: AlignedBuffer<Float>

  /// Memory for a statistic a row. Throws for a number that does not fit.
  public init(rows: Int) throws(TesseraError) {
    inverseRootMeanSquare = try AlignedBuffer(uninitializedCount: rows)
  }
}

/// RMS normalisation in one call, for inference: makes a plan, runs it, lets it go. See `RMSNormPlan`.
public func rmsNorm(
  _ input: Span<Float>, _ layout: MatrixLayout, weight: Span<Float>, epsilon: Float = 1e-5,
  output: consuming MutableSpan<Float>, outputLayout: MatrixLayout? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  try RMSNormPlan(input: layout, output: outputLayout, epsilon: epsilon, context: context)
    .run(input, weight: weight, output: output)
}
