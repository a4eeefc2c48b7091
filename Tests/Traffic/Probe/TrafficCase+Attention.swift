import Tessera

/// Attention's forward pass, and the merging of its parts.
extension TrafficCase {
  private static func attention(
    heads: Int, keyValueHeads: Int? = nil, queries: Int, keys: Int, mode: ExecutionMode = .training,
    fastMemoryBytes: Int
  ) -> TrafficCase {
    TrafficCase(
      name: "attention",
      extents: [
        .batch: 1, .queryHeads: heads, .keyValueHeads: keyValueHeads ?? heads, .queryLength: queries,
        .keyLength: keys, .headDimension: 64, .valueDimension: 64, .biasElements: 0, .maskElements: 0,
        .slopeElements: 0, .sinkElements: 0,
      ], mode: mode, fastMemoryBytes: fastMemoryBytes)
  }

  /// One row whose first visible key, 1023, is the last of its panel: keys are read from 960 on, values are not.
  private static let windowedAttention: TrafficCase = {
    var problem = AttentionProblem(batch: 1, queryHeads: 1, queryLength: 1, keyLength: 1061, headDimension: 512)
    problem.mask = .window(left: 37, right: nil)
    let request = try! OperatorRequest(problem)
    return TrafficCase(
      name: "attention", extents: request.extents, mode: .inference, note: " window",
      configure: { [problem] in $0.attention = problem }, fastMemoryBytes: 1 << 20)
  }()

  /// An item a head: its keys are one tile, or more than one tile, which must find room beside what is packed.
  static let attentionCases = [
    attention(heads: 3, queries: 96, keys: 200, fastMemoryBytes: 512 << 10),
    attention(heads: 3, queries: 96, keys: 200, mode: .inference, fastMemoryBytes: 512 << 10),
    // Two tiles, 256 KiB each, beside packed keys and the values of the tile before, as much again: with 768 KiB
    // queries and sums, 48 KiB, stay from one to the next, with 544 KiB they do not.
    attention(heads: 2, queries: 96, keys: 1000, fastMemoryBytes: 768 << 10),
    attention(heads: 2, queries: 96, keys: 1000, fastMemoryBytes: 544 << 10),
    // Few rows, and the keys split in two.
    attention(heads: 4, keyValueHeads: 2, queries: 1, keys: 700, mode: .inference, fastMemoryBytes: 512 << 10),
    attention(heads: 4, keyValueHeads: 1, queries: 1, keys: 1030, mode: .inference, fastMemoryBytes: 512 << 10),
    windowedAttention,
    TrafficCase(name: "merge-attention", extents: narrow, fastMemoryBytes: 32 << 10),
  ]
}
