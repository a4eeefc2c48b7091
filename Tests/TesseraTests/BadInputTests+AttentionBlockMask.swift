import Tessera
import Testing

/// Block masks that are none, or none of the problem's.
extension BadInputTests {
  /// Of 3 queries and 5 keys.
  @Test func attentionBlockMasks() throws {
    let problem = AttentionProblem(batch: 2, queryHeads: 4, queryLength: 3, keyLength: 5, headDimension: 4)
    func mask(_ blocks: (query: Int, key: Int), batch: Int = 1, heads: Int = 1) throws(TesseraError)
      -> AttentionBlockMask
    {
      try AttentionBlockMask(
        queriesPerBlock: 2, keysPerBlock: 2, queryBlocks: blocks.query, keyBlocks: blocks.key, batch: batch,
        heads: heads
      ) { _, _, _, _ in true }
    }
    func plan(_ mask: AttentionBlockMask) throws(TesseraError) {
      var masked = problem
      masked.blockMask = mask
      _ = try AttentionPlan(for: masked, context: context)
    }
    for bad in [
      try mask((1, 3)), try mask((3, 3)), try mask((2, 2)), try mask((2, 4)), try mask((2, 3), batch: 3),
      try mask((2, 3), heads: 2),
    ] {
      expectError("attention", "block mask") { try plan(bad) }
    }
    try plan(mask((2, 3), batch: 2, heads: 4))
    for bad in [-1, .min, .max, Int(Int32.max) + 1] {
      expectError("AttentionBlockMask", "query blocks") { _ = try mask((bad, 3)) }
      expectError("AttentionBlockMask", "key blocks") { _ = try mask((2, bad)) }
      expectError("AttentionBlockMask", "batch") { _ = try mask((2, 3), batch: bad) }
      expectError("AttentionBlockMask", "heads") { _ = try mask((2, 3), heads: bad) }
    }
    expectError("AttentionBlockMask", "query blocks") { _ = try mask((1 << 20, 1 << 20)) }
    // Nothing is asked for where there is no block, and nobody waits for that.
    let most = Int(Int32.max)
    #expect(try mask((most, 0), batch: most, heads: most).keyBlocks == 0)
    #expect(try mask((0, most), batch: most, heads: most).queryBlocks == 0)
    for bad in [-1, 0, Int.max] {
      expectError("AttentionBlockMask", "queries per block") {
        _ = try AttentionBlockMask(for: problem, queriesPerBlock: bad) { _, _ in true }
      }
      expectError("AttentionBlockMask", "keys per block") {
        _ = try AttentionBlockMask(for: problem, keysPerBlock: bad) { _, _ in true }
      }
    }
  }
}
