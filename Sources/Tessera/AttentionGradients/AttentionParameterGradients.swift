/// Gradients of what a model learns of attention beside its queries, keys and values.
public struct AttentionParameterGradients: Sendable {
  /// Of each query head's sink, Hq; none where the problem has no sinks.
  public let sinks: AlignedBuffer<Float>

  /// Throws for a problem that does not fit together or in memory.
  public init(for problem: AttentionProblem) throws(TesseraError) {
    try problem.check(for: AttentionProblem.gradientsOperation)
    sinks = try AlignedBuffer(uninitializedCount: problem.sinkCount)
  }
}
