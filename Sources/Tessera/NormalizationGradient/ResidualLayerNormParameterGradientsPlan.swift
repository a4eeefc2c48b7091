/// The gradients of layer norm's weight and shift where its output had two readers (the paper's EBSB), planned: with
/// the sum of the gradients that come back from them, and the gradient of the bias before the next norm's dropout.
///
///     gradientSum[r][c] = outputGradient[r][c] + secondGradient[r][c]
///     weightGradient[c] = Σ_r gradientSum[r][c] · x[r][c]
///     shiftGradient[c] = Σ_r gradientSum[r][c]
///     biasGradient[c] = Σ_r inputGradient[r][c]
///     x[r][c] = (sum[r][c] − mean[r]) · inverseDeviation[r]
///
/// Reads the two gradients, what was normalised, and the input's gradient that the next norm's own gradient wrote;
/// writes their sum, which is this norm's gradient, and the rows of column sums. Sums are taken as in
/// `LayerNormParameterGradientsPlan`. A plan holds its scratch, so one plan runs one call at a time.
///
/// For post-norm layers of the caller's own, of which nothing else adds the two gradients. `EncoderLayerBackward` has
/// no use for it: there their sum rides on one product (`LinearInputGradientResidualPlan`), and the bias's gradient on
/// another. The catalog's operator, which the report's layer runs, is the same loops.
/// Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4.
public final class ResidualLayerNormParameterGradientsPlan {
  private let plan: NormParameterGradientsPlan

  /// Scratch of all threads, and partial sums.
  public var workspaceBytes: Int { plan.sums.byteCount }

  /// Throws where layouts disagree or do not fit.
  public init(
    outputGradient layout: MatrixLayout, secondGradient: MatrixLayout? = nil, inputGradient: MatrixLayout? = nil,
    gradientSum: MatrixLayout? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    plan = try NormParameterGradientsPlan(
      .layer,
      layouts: .init(
        outputGradient: layout, sum: layout.contiguous,
        second: .init(
          gradient: secondGradient ?? layout.contiguous, gradientSum: gradientSum ?? layout.contiguous,
          inputGradient: inputGradient ?? layout.contiguous)), context: context)
  }

  /// Matrices lie as the layouts say; `kept` is what this norm's forward call kept; rows of results have columns
  /// values. What is written shares memory with nothing else. Throws before anything is written where a span is too
  /// short.
  public func run(
    _ outputGradient: Span<Float>, adding secondGradient: Span<Float>, inputGradient: Span<Float>,
    kept: BiasDropoutResidualLayerNormSavedTensors, gradientSum: consuming MutableSpan<Float>,
    weightGradient: consuming MutableSpan<Float>, shiftGradient: consuming MutableSpan<Float>,
    biasGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var gradientSum = gradientSum
    var weightGradient = weightGradient
    var shiftGradient = shiftGradient
    var biasGradient = biasGradient
    try plan.withSecond(secondGradient, inputGradient, &gradientSum, &biasGradient) {
      second throws(TesseraError) in
      try outputGradient.withBuffer { outputGradient throws(TesseraError) in
        try weightGradient.withMutableBuffer { weightGradient throws(TesseraError) in
          try shiftGradient.withMutableBuffer { shiftGradient throws(TesseraError) in
            var operands = plan.operands(outputGradient, kept.statistics, weightGradient: weightGradient)
            (operands.shiftGradient, operands.second) = (shiftGradient, second)
            try plan.run(operands)
          }
        }
      }
    }
  }
}
