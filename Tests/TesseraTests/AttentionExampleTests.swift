import Tessera
import Testing

/// The README's example of attention over a cache is compiled and run here, and must be the same text there.
@Suite struct AttentionExampleTests {
  @Test func theExampleRuns() throws {
    // README begins
    let (heads, keyValueHeads, width, room) = (8, 2, 64, 1024)
    var keyCache = [Float](repeating: 0, count: keyValueHeads * room * width), valueCache = keyCache

    // The prompt: 100 tokens at once, each of which sees itself and what came before.
    var problem = AttentionProblem(
      batch: 1, queryHeads: heads, keyValueHeads: keyValueHeads, queryLength: 100, keyLength: room, headDimension: width
    )
    problem.mask = .causal()
    problem.keyLengths = [100]
    let queries = [Float](repeating: 0.5, count: heads * 100 * width)
    for index in 0..<100 * width { (keyCache[index], valueCache[index]) = (0.25, 1) }
    var output = [Float](repeating: 0, count: queries.count)
    try attention(
      problem, queries: queries.span, keys: keyCache.span, values: valueCache.span, output: output.mutableSpan)

    // Then one token after the other.
    problem = AttentionProblem(
      batch: 1, queryHeads: heads, keyValueHeads: keyValueHeads, queryLength: 1, keyLength: room, headDimension: width)
    var token = [Float](repeating: 0, count: heads * width)
    for length in 101...110 {
      // Here the new token's key and value would be written behind the others.
      problem.keyLengths = [length]
      try attention(
        problem, queries: queries.span, keys: keyCache.span, values: valueCache.span, output: token.mutableSpan)
    }
    // README ends

    // Head 0's keys are all alike up to 100, so that its output is their values' mean.
    #expect(output[..<width].allSatisfy { $0 == 1 })
    // Ten keys and values of 0 came after them: exp(0) of exp(0.25 · 0.5 · 64 / 8) each.
    let weight = 100 / (100 + 10 / Float(2.718_281_8))
    #expect(token[..<width].allSatisfy { abs($0 - weight) < 1e-5 })
  }

  @Test func theReadmeShowsIt() throws { try expectExample(of: #filePath, in: "README.md") }
}
