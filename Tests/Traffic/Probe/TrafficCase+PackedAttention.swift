import Tessera

extension TrafficCase {
  /// Sequences of different lengths one after the other: an item a head of each, whose keys are one tile.
  private static func packed(_ name: String, fastMemoryBytes: Int) -> TrafficCase {
    var problem = AttentionProblem(packed: [96, 40, 72], keyLengths: [190, 40, 130], queryHeads: 3, headDimension: 64)
    problem.writesLogSumExp = true
    let request = try! OperatorRequest(problem)
    return TrafficCase(
      name: name, extents: request.extents, note: " packed", configure: { [problem] in $0.attention = problem },
      fastMemoryBytes: fastMemoryBytes)
  }

  static let packedAttentionCases = [
    packed("attention", fastMemoryBytes: 512 << 10), packed("attention-gradients", fastMemoryBytes: 1 << 20),
  ]
}
