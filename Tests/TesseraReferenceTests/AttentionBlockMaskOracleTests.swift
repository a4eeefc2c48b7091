import TesseraCore
import TesseraReference
import Testing

/// What a block mask lets attention's queries see.
@Suite struct AttentionBlockMaskOracleTests {
  /// Which of 5 keys each of 3 queries of a sequence and head sees, in blocks of 2 queries and 2 keys.
  @Test func blocks() throws {
    func seen(_ mask: AttentionBlockMask, _ sequence: Int = 0, _ head: Int = 0) -> [String] {
      var problem = AttentionProblem(batch: 2, queryHeads: 2, queryLength: 3, keyLength: 5, headDimension: 1)
      (problem.blockMask, problem.mask) = (mask, .causal())
      return (0..<3).map { query in
        (0..<5).map {
          attentionSees(problem, query: query, key: $0, head: head, sequence: sequence) ? "1" : "0"
        }.joined()
      }
    }
    let whole = try AttentionBlockMask(
      queriesPerBlock: 2, keysPerBlock: 2, queryBlocks: 2, keyBlocks: 3, batch: 2, heads: 2
    ) { sequence, head, query, key in key == sequence + head || query == 1 && key == 2 }
    #expect(seen(whole) == ["11000", "11000", "11001"])
    #expect(seen(whole, 0, 1) == ["00100", "00110", "00111"])
    #expect(seen(whole, 1, 1) == ["00000", "00000", "00001"])
    let shared = try AttentionBlockMask(
      for: AttentionProblem(batch: 1, queryHeads: 1, queryLength: 3, keyLength: 5, headDimension: 1),
      queriesPerBlock: 2, keysPerBlock: 2
    ) { $0 == $1 }
    #expect(seen(shared) == ["11000", "11000", "00110"] && seen(shared, 1, 1) == seen(shared))
    let window = try AttentionBlockMask.window(
      for: AttentionProblem(batch: 1, queryHeads: 1, queryLength: 5, headDimension: 1), block: 1, neighbours: 1,
      globalBlocks: 1)
    let blocks = (0..<5).map { query in
      (0..<5).map { window.isVisible(queryBlock: query, keyBlock: $0) ? "1" : "0" }.joined()
    }
    #expect(blocks == ["11111", "11100", "11110", "10111", "10011"])
  }
}
