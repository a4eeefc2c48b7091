import Tessera

extension TrafficCase {
  private static func gradients(
    heads: Int, queries: Int, keys: Int, dimension: Int, fastMemoryBytes: Int
  ) -> TrafficCase {
    TrafficCase(
      name: "attention-gradients",
      extents: [
        .batch: 1, .queryHeads: heads, .keyValueHeads: heads, .queryLength: queries, .keyLength: keys,
        .headDimension: dimension, .valueDimension: dimension, .biasElements: 0, .maskElements: 0,
        .slopeElements: 0, .sinkElements: 0, .biasGradientElements: 0,
      ], fastMemoryBytes: fastMemoryBytes)
  }

  /// A bias of each head and its gradient, which is written once.
  private static let biasGradient: TrafficCase = {
    var problem = AttentionProblem(batch: 1, queryHeads: 3, queryLength: 96, keyLength: 190, headDimension: 64)
    problem.bias = BatchedMatrixLayout(scoresOf: problem)
    problem.gradients.bias = problem.bias
    let request = try! OperatorRequest(problem)
    return TrafficCase(
      name: "attention-gradients", extents: request.extents, note: " bias gradient",
      configure: { [problem] in $0.attention = problem }, fastMemoryBytes: 1 << 20)
  }()

  /// A bias that both heads share, whose gradient comes round once a head; keys in two ranges that wait for each other,
  /// past which the columns of neither stay.
  private static let sharedBiasGradient: TrafficCase = {
    var problem = AttentionProblem(batch: 1, queryHeads: 2, queryLength: 768, keyLength: 384, headDimension: 16)
    problem.bias = BatchedMatrixLayout(scoresOf: problem, broadcast: 3)
    problem.gradients.bias = problem.bias
    let request = try! OperatorRequest(problem)
    return TrafficCase(
      name: "attention-gradients", extents: request.extents, note: " shared bias gradient",
      configure: { [problem] in $0.attention = problem }, fastMemoryBytes: 512 << 10)
  }()

  /// One tile of keys a head; and three tiles, with so many heads that none is split, past which all queries come round
  /// and stay. Both hold the packed tile and the scores of 96 queries beside them.
  static let attentionGradientCases = [
    gradients(heads: 3, queries: 96, keys: 190, dimension: 64, fastMemoryBytes: 1 << 20),
    gradients(heads: 32, queries: 48, keys: 400, dimension: 16, fastMemoryBytes: 512 << 10),
    biasGradient, sharedBiasGradient,
  ]
}
