/// Layer normalisation over rows, planned: variant and work items. Any number of threads may run one plan.
public struct LayerNormPlan: Sendable {
  private let plan: NormalizationPlan

  /// `epsilon` is added to the variance. Throws where layouts disagree or do not fit, or epsilon is negative.
  public init(
    input: MatrixLayout, output: MatrixLayout? = nil, epsilon: Float = 1e-5, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    plan = try NormalizationPlan(
      .layer, layouts: .init(input: input, output: output ?? input.contiguous), epsilon: epsilon, dropout: nil,
      mode: .training, context: try .resolve(context))
  }

  /// An output without gaps; of a plan that `keepsStatistics` each call has places for them.
  package init(
    _ input: MatrixLayout, keepsStatistics: Bool, epsilon: Float, context: ExecutionContext
  ) throws(TesseraError) {
    plan = try NormalizationPlan(
      .layer, layouts: .init(input: input, output: input.contiguous), epsilon: epsilon, dropout: nil, mode: .training,
      keepsStatistics: keepsStatistics, context: context)
  }

  /// The same of buffers, with statistics where the plan keeps them.
  func run(_ operands: NormalizationPlan.Operands) throws(TesseraError) { try plan.run(operands) }

  /// The same, by the names of operands, of a plan that keeps statistics.
  package func run(
    _ input: UnsafeBufferPointer<Float>, weight: UnsafeBufferPointer<Float>, shift: UnsafeBufferPointer<Float>,
    output: UnsafeMutableBufferPointer<Float>, mean: UnsafeMutableBufferPointer<Float>,
    inverseDeviation: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    try plan.run(
      .init(
        input: input, bias: nil, residual: nil, weight: weight, shift: shift, output: output, sum: nil, mean: mean,
        inverseDeviation: inverseDeviation))
  }

  /// output[r][c] = (input[r][c] − mean[r]) / √(variance[r] + ε) · weight[c] + shift[c]
  ///
  /// weight and shift: columns values. The variance is the mean of squared deviations. A row of no columns does
  /// nothing; a row with NaN or an infinity gives NaN throughout.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, shift: Span<Float>, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try plan.withOperands(input, weight: weight, shift: shift, output: &output) {
      operands throws(TesseraError) in try plan.run(operands)
    }
  }

  /// The same with the result in place of the input; needs a plan whose two layouts are the same.
  public func run(
    inPlace matrix: consuming MutableSpan<Float>, weight: Span<Float>, shift: Span<Float>
  ) throws(TesseraError) {
    var matrix = matrix
    try plan.withOperands(inPlace: &matrix, weight: weight, shift: shift) {
      operands throws(TesseraError) in try plan.run(operands)
    }
  }
}

/// What layer norm's gradients need beside its input: its rows' statistics.
public struct LayerNormSavedTensors: Sendable {
  /// One a row.
  public let mean: AlignedBuffer<Float>
  /// 1 / √(variance + ε), one a row.
  public let inverseDeviation: AlignedBuffer<Float>

  /// Throws for a number of rows that does not fit.
  public init(rows: Int) throws(TesseraError) {
    mean = try AlignedBuffer(uninitializedCount: rows)
    inverseDeviation = try AlignedBuffer(uninitializedCount: rows)
  }
}

/// Layer normalisation in one call: makes a plan, runs it, lets it go. See `LayerNormPlan.run`.
public func layerNorm(
  _ input: Span<Float>, _ layout: MatrixLayout, weight: Span<Float>, shift: Span<Float>, epsilon: Float = 1e-5,
  output: consuming MutableSpan<Float>, outputLayout: MatrixLayout? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  try LayerNormPlan(input: layout, output: outputLayout, epsilon: epsilon, context: context)
    .run(input, weight: weight, shift: shift, output: output)
}
