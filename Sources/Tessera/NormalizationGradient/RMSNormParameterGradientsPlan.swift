/// The gradient of RMS norm's weight, planned: sums over all rows.
///
///     weightGradient[c] = Σ_r outputGradient[r][c] · x[r][c]
///     x[r][c] = sum[r][c] · inverseRootMeanSquare[r]
///
/// Sums of 128 rows are taken in single precision, those in double, in an order that follows from the extents: the same
/// bits for every number of threads. Each matrix is read once. A plan holds its scratch, so one plan runs one call at a
/// time.
/// Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4.
public final class RMSNormParameterGradientsPlan {
  private let plan: NormParameterGradientsPlan

  /// Scratch of all threads, and partial sums.
  public var workspaceBytes: Int { plan.sums.byteCount }

  /// Throws where the layout does not fit.
  public init(outputGradient layout: MatrixLayout, context: ExecutionContext? = nil) throws(TesseraError) {
    plan = try NormParameterGradientsPlan(
      .rootMeanSquare, layouts: .init(outputGradient: layout, sum: layout.contiguous), context: context)
  }

  /// outputGradient lies as the layout says; `kept` is what the forward call kept; the result has columns values and
  /// shares memory with nothing else. Without rows it is 0. NaN and infinities reach their columns.
  /// Throws before anything is written where a span is too short.
  public func run(
    _ outputGradient: Span<Float>, kept: BiasDropoutResidualRMSNormSavedTensors,
    weightGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var weightGradient = weightGradient
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try weightGradient.withMutableBuffer { weightGradient throws(TesseraError) in
        try plan.run(plan.operands(outputGradient, kept.statistics, weightGradient: weightGradient))
      }
    }
  }
}

/// The gradient of RMS norm's weight in one call: makes a plan, runs it, lets it go. See
/// `RMSNormParameterGradientsPlan`.
public func rmsNormParameterGradients(
  _ outputGradient: Span<Float>, _ layout: MatrixLayout, kept: BiasDropoutResidualRMSNormSavedTensors,
  weightGradient: consuming MutableSpan<Float>, context: ExecutionContext? = nil
) throws(TesseraError) {
  try RMSNormParameterGradientsPlan(outputGradient: layout, context: context)
    .run(outputGradient, kept: kept, weightGradient: weightGradient)
}
