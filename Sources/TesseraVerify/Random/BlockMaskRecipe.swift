import Tessera

/// A block mask in a few plain values.
struct BlockMaskRecipe: Codable, Hashable, Sendable {
  var queriesPerBlock: Int
  var keysPerBlock: Int
  /// Which of batch (1) and heads (2) share the blocks.
  var broadcast = 3
  /// How many of a hundred blocks are visible.
  var percent = 50
  /// What says which.
  var seed: UInt64 = 1

  func mask(for problem: AttentionProblem) throws(TesseraError) -> AttentionBlockMask {
    var source = DrawingSource(seed: seed, stream: 0)
    return try AttentionBlockMask(
      queriesPerBlock: queriesPerBlock, keysPerBlock: keysPerBlock,
      queryBlocks: (problem.queryLength + queriesPerBlock - 1) / queriesPerBlock,
      keyBlocks: (problem.keyLength + keysPerBlock - 1) / keysPerBlock,
      batch: broadcast & 1 != 0 ? 1 : problem.batch, heads: broadcast & 2 != 0 ? 1 : problem.queryHeads
    ) { _, _, _, _ in Int.random(in: 0..<100, using: &source) < percent }
  }
}
