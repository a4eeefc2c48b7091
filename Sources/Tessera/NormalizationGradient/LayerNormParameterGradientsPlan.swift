/// The gradients of layer norm's weight and shift (the paper's BSB), planned: sums over all rows.
///
///     weightGradient[c] = Σ_r outputGradient[r][c] · x[r][c]
///     shiftGradient[c] = Σ_r outputGradient[r][c]
///     x[r][c] = (sum[r][c] − mean[r]) · inverseDeviation[r]
///
/// Sums of 128 rows are taken in single precision, those in double, in an order that follows from the extents: the same
/// bits for every number of threads. Each matrix is read once. A plan holds its scratch, so one plan runs one call at a
/// time.
/// Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4.
public final class LayerNormParameterGradientsPlan {
  private let plan: NormParameterGradientsPlan

  /// Scratch of all threads, and partial sums.
  public var workspaceBytes: Int { plan.sums.byteCount }

  /// Throws where the layout does not fit.
  public init(outputGradient layout: MatrixLayout, context: ExecutionContext? = nil) throws(TesseraError) {
    plan = try NormParameterGradientsPlan(
      .layer, layouts: .init(outputGradient: layout, sum: layout.contiguous), context: context)
  }

  /// outputGradient lies as the layout says; `kept` is what the forward call kept; the results have columns values and
  /// share memory with nothing else. Without rows they are 0. NaN and infinities reach their columns.
  /// Throws before anything is written where a span is too short.
  public func run(
    _ outputGradient: Span<Float>, kept: BiasDropoutResidualLayerNormSavedTensors,
    weightGradient: consuming MutableSpan<Float>, shiftGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var weightGradient = weightGradient
    var shiftGradient = shiftGradient
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try weightGradient.withMutableBuffer { weightGradient throws(TesseraError) in
        try shiftGradient.withMutableBuffer { shiftGradient throws(TesseraError) in
          var operands = plan.operands(outputGradient, kept.statistics, weightGradient: weightGradient)
          operands.shiftGradient = shiftGradient
          try plan.run(operands)
        }
      }
    }
  }
}

/// The gradients of layer norm's weight and shift in one call: makes a plan, runs it, lets it go. See
/// `LayerNormParameterGradientsPlan`.
public func layerNormParameterGradients(
  _ outputGradient: Span<Float>, _ layout: MatrixLayout, kept: BiasDropoutResidualLayerNormSavedTensors,
  weightGradient: consuming MutableSpan<Float>, shiftGradient: consuming MutableSpan<Float>,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  try LayerNormParameterGradientsPlan(outputGradient: layout, context: context)
    .run(outputGradient, kept: kept, weightGradient: weightGradient, shiftGradient: shiftGradient)
}
