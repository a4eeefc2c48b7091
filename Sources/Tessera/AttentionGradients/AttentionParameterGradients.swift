/// Gradients of what a model learns of attention beside its queries, keys and values.
public struct AttentionParameterGradients: Sendable {
  /// Of the bias, where the problem's `gradients.bias` says; none where that is nil.
  public let bias: AlignedBuffer<Float>
  /// Of the slopes, Hq or B × Hq as they are; none where the problem has no slopes.
  public let slopes: AlignedBuffer<Float>
  /// Of each query head's sink, Hq; none where the problem has no sinks.
  public let sinks: AlignedBuffer<Float>

  /// Memory that holds nothing yet: a call writes all of it. Throws for a problem that does not fit together or in
  /// memory.
  public init(for problem: AttentionProblem) throws(TesseraError) {
    try problem.check(for: AttentionProblem.gradientsOperation)
    bias = try AlignedBuffer(uninitializedCount: problem.gradients.bias?.requiredCount! ?? 0)
    slopes = try AlignedBuffer(uninitializedCount: problem.slopeCount)
    sinks = try AlignedBuffer(uninitializedCount: problem.sinkCount)
  }
}
