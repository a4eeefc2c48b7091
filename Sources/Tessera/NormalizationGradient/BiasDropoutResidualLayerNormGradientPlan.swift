/// The gradients of bias, dropout, residual and layer norm in one call (the paper's BLNRD), planned.
///
///     residualGradient[r][c] = inverseDeviation[r] · (g[r][c] − mean(g[r]) − x[r][c] · mean(g[r] · x[r]))
///                              + sumGradient[r][c]
///     inputGradient[r][c] = dropout(residualGradient[r][c])
///     g[r][c] = outputGradient[r][c] · weight[c],  x[r][c] = (sum[r][c] − mean[r]) · inverseDeviation[r]
///
/// The first is the gradient of the sum that is normalised, and so of the residual; the second that of what went
/// through the dropout, and of a linear map's output before its bias. The mask is drawn again from seed and offset.
/// Each matrix is read and written once. A plan has no scratch; it may run many calls at a time.
/// Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4.
public struct BiasDropoutResidualLayerNormGradientPlan: Sendable {
  private let plan: NormalizationGradientPlan

  /// `dropout` is the forward call's; nil where that had none, or was inference: then there is one gradient.
  /// `sumGradient` is the layout of a gradient that reaches the sum on another way, as in a pre-norm layer.
  /// Throws where layouts disagree or do not fit.
  public init(
    outputGradient layout: MatrixLayout, sumGradient: MatrixLayout? = nil, residualGradient: MatrixLayout? = nil,
    inputGradient: MatrixLayout? = nil, dropout: Dropout?, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    plan = try NormalizationGradientPlan(
      .layer,
      layouts: .init(
        outputGradient: layout, sum: layout.contiguous, sumGradient: sumGradient,
        residualGradient: residualGradient ?? layout.contiguous,
        inputGradient: dropout == nil ? nil : inputGradient ?? layout.contiguous),
      dropout: dropout, context: context)
  }

  /// Gradients lie as the layouts say; `kept` is what the forward call kept; weight: columns values. What is written
  /// shares memory with nothing else. A row with NaN or an infinity in g or x gives NaN, or an infinity where IEEE 754
  /// has it, and 0 where dropped. Throws before anything is written where a span is too short, or one is given that the
  /// plan has no layout of.
  public func run(
    _ outputGradient: Span<Float>, kept: BiasDropoutResidualLayerNormSavedTensors, weight: Span<Float>,
    sumGradient: Span<Float>? = nil, residualGradient: consuming MutableSpan<Float>,
    inputGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    try plan.checkPresence(sumGradient: sumGradient != nil, inputGradient: true)
    var residualGradient = residualGradient
    var inputGradient = inputGradient
    try plan.withOperands(
      outputGradient, kept.statistics, weight: weight, sumGradient: sumGradient, residualGradient: &residualGradient
    ) { operands throws(TesseraError) in
      try inputGradient.withMutableBuffer { inputGradient throws(TesseraError) in
        var operands = operands
        operands.inputGradient = inputGradient
        try plan.run(operands)
      }
    }
  }

  /// The same by a plan without dropout: the residual's gradient is the input's too.
  public func run(
    _ outputGradient: Span<Float>, kept: BiasDropoutResidualLayerNormSavedTensors, weight: Span<Float>,
    sumGradient: Span<Float>? = nil, residualGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    try plan.checkPresence(sumGradient: sumGradient != nil, inputGradient: false)
    var residualGradient = residualGradient
    try plan.withOperands(
      outputGradient, kept.statistics, weight: weight, sumGradient: sumGradient, residualGradient: &residualGradient,
      plan.run)
  }
}

/// The gradients of bias, dropout, residual and layer norm in one call: makes a plan, runs it, lets it go. See
/// `BiasDropoutResidualLayerNormGradientPlan`.
public func biasDropoutResidualLayerNormGradient(
  _ outputGradient: Span<Float>, _ layout: MatrixLayout, kept: BiasDropoutResidualLayerNormSavedTensors,
  weight: Span<Float>, dropout: Dropout, residualGradient: consuming MutableSpan<Float>,
  inputGradient: consuming MutableSpan<Float>, context: ExecutionContext? = nil
) throws(TesseraError) {
  try BiasDropoutResidualLayerNormGradientPlan(outputGradient: layout, dropout: dropout, context: context)
    .run(
      outputGradient, kept: kept, weight: weight, residualGradient: residualGradient, inputGradient: inputGradient)
}
