import Tessera
import Testing

/// The example of packed sequences is compiled and run here, and must be the same text in docs/attention.md.
@Suite struct PackedAttentionExampleTests {
  @Test func theExampleRuns() throws {
    // README begins
    // Three documents of 100, 40 and 60 tokens, 8 query heads that share 2 key-value heads: [200, 8, 64] and
    // [200, 2, 64].
    let lengths = [100, 40, 60]
    let tokens = 200
    var problem = AttentionProblem(packed: lengths, queryHeads: 8, keyValueHeads: 2, headDimension: 64)
    problem.mask = .causal()
    problem.writesLogSumExp = true
    let queries = (0..<tokens * 8 * 64).map { Float($0 % 7) / 7 }
    let keys = (0..<tokens * 2 * 64).map { Float($0 % 5) / 5 }
    // Every value says which document it is of.
    let documents = lengths.enumerated().flatMap { [Float](repeating: Float($0), count: $1 * 2 * 64) }
    var output = [Float](repeating: 0, count: tokens * 8 * 64)
    let kept = try AttentionSavedTensors(for: problem)
    try attention(
      problem, queries: queries.span, keys: keys.span, values: documents.span, output: output.mutableSpan,
      keeping: kept)
    // README ends

    // Every document has attended to itself alone.
    var row = 0
    for (document, length) in lengths.enumerated() {
      let rows = output[row * 8 * 64..<(row + length) * 8 * 64]
      #expect(rows.allSatisfy { abs($0 - Float(document)) < 1e-5 })
      row += length
    }
    #expect(kept.logSumExp.elements.allSatisfy { $0.isFinite })
  }

  @Test func thePageShowsIt() throws { try expectExample(of: #filePath, in: "docs/attention.md") }
}
