/// Bias, dropout, residual and layer norm in one pass over memory (the paper's BDRLN), planned.
///
///     sum[r][c] = dropout(input[r][c] + bias[c]) + residual[r][c]
///     output[r][c] = (sum[r][c] − mean[r]) · inverseDeviation[r] · weight[c] + shift[c]
///     inverseDeviation[r] = 1 / √(variance[r] + ε)
///
/// A plan holds its scratch, so one plan runs one call at a time. `run` allocates nothing.
/// Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4.
public final class BiasDropoutResidualLayerNormPlan {
  private let plan: NormalizationPlan

  /// Scratch of all threads.
  public var workspaceBytes: Int { plan.workspaceBytes }

  /// In inference nothing is dropped, whatever `dropout` says, and nothing is kept for the backward pass.
  /// Throws where layouts disagree or do not fit, or epsilon is negative.
  public init(
    input: MatrixLayout, residual: MatrixLayout? = nil, output: MatrixLayout? = nil, dropout: Dropout?,
    epsilon: Float = 1e-5, mode: ExecutionMode, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    plan = try NormalizationPlan(
      layouts: .init(
        input: input, output: output ?? input.contiguous, residual: residual ?? input.contiguous), epsilon: epsilon,
      dropout: dropout, mode: mode, context: try .resolve(context))
  }

  /// input, residual and output lie as the layouts say; bias, weight and shift: columns values each. `output` shares
  /// memory with nothing that is read. `keeping` is needed in training and not used in inference. A row with NaN or an
  /// infinity that is not dropped gives NaN throughout. Throws before anything is written where a span is too short.
  public func run(
    _ input: Span<Float>, bias: Span<Float>, residual: Span<Float>, weight: Span<Float>, shift: Span<Float>,
    output: consuming MutableSpan<Float>, keeping kept: BiasDropoutResidualLayerNormActivations? = nil
  ) throws(TesseraError) {
    guard plan.mode == .inference || kept != nil else {
      throw .invalidOperand(
        operation: plan.descriptor.name, operand: "keeping", expected: "a place for what training keeps",
        actual: "nil")
    }
    let wanted = plan.mode == .training ? kept : nil
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try bias.withBuffer { bias throws(TesseraError) in
        try residual.withBuffer { residual throws(TesseraError) in
          try weight.withBuffer { weight throws(TesseraError) in
            try shift.withBuffer { shift throws(TesseraError) in
              try output.withMutableBuffer { output throws(TesseraError) in
                try plan.run(
                  .init(
                    input: input, bias: bias, residual: residual, weight: weight, shift: shift, output: output,
                    sum: wanted?.sum.elements, mean: wanted?.mean.elements,
                    inverseDeviation: wanted?.inverseDeviation.elements))
              }
            }
          }
        }
      }
    }
  }
}

/// What the fused kernel's backward pass needs. Dropout's mask is not among it: seed and offset make it again.
public struct BiasDropoutResidualLayerNormActivations: Sendable {
  /// What is normalised, rows × columns; the normalised value is (sum − mean) · inverseDeviation.
  public let sum: AlignedBuffer<Float>
  /// One a row.
  public let mean: AlignedBuffer<Float>
  /// 1 / √(variance + ε), one a row.
  public let inverseDeviation: AlignedBuffer<Float>

  /// Memory for rows × columns sums and two statistics a row. Throws for extents that do not fit.
  public init(rows: Int, columns: Int) throws(TesseraError) {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard rows >= 0, columns >= 0, !overflow else {
      throw .invalidOperand(
        operation: OperatorDescriptor.biasDropoutResidualLayerNorm.name, operand: "keeping",
        expected: "extents of 0 or more that fit in memory", actual: "\(rows) × \(columns)")
    }
    sum = try AlignedBuffer(uninitializedCount: count)
    mean = try AlignedBuffer(uninitializedCount: rows)
    inverseDeviation = try AlignedBuffer(uninitializedCount: rows)
  }
}
