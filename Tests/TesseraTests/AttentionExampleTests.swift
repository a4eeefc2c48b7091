import Tessera
import Testing

/// The README's example of attention over a cache is compiled and run here, and must be the same text there.
@Suite struct AttentionExampleTests {
  @Test func theExampleRuns() throws {
    // README begins
    // A cache of [batch, key-value heads, room, width]; queries and output are [batch, heads, tokens, width].
    let (heads, keyValueHeads, width, room) = (8, 2, 64, 1024)
    var keys = [Float](repeating: 0, count: keyValueHeads * room * width), values = keys
    func store(_ number: Float, at token: Int, in cache: inout [Float]) {
      for head in 0..<keyValueHeads {
        let start = (head * room + token) * width
        for column in start..<start + width { cache[column] = number }
      }
    }

    // The prompt: three tokens at once, each of which sees itself and what came before.
    for token in 0..<3 {
      store(0.25, at: token, in: &keys)
      store(Float(token), at: token, in: &values)
    }
    var problem = AttentionProblem(
      batch: 1, queryHeads: heads, keyValueHeads: keyValueHeads, queryLength: 3, keyLength: room, headDimension: width)
    problem.mask = .causal()
    problem.keyLengths = [3]
    var output = [Float](repeating: 0, count: heads * 3 * width)
    let prompt = [Float](repeating: 0.5, count: heads * 3 * width)
    try attention(problem, queries: prompt.span, keys: keys.span, values: values.span, output: output.mutableSpan)

    // Then one token after the other, each of which sees all that there are. Here a new length is a new plan; a
    // `KeyValueCache` has one for all: docs/attention.md.
    problem = AttentionProblem(
      batch: 1, queryHeads: heads, keyValueHeads: keyValueHeads, queryLength: 1, keyLength: room, headDimension: width)
    let query = [Float](repeating: 0.5, count: heads * width)
    var next = [Float](repeating: 0, count: heads * width)
    for token in 3..<10 {
      store(0.25, at: token, in: &keys)
      store(Float(token), at: token, in: &values)
      problem.keyLengths = [token + 1]
      try attention(problem, queries: query.span, keys: keys.span, values: values.span, output: next.mutableSpan)
    }
    // README ends

    // Keys are all alike, so that every output is the mean of the values that its token sees.
    for head in 0..<heads {
      for token in 0..<3 { #expect(abs(output[(head * 3 + token) * width] - Float(token) / 2) < 1e-5) }
      #expect(abs(next[head * width] - 4.5) < 1e-5)
    }
  }

  @Test func theReadmeShowsIt() throws { try expectExample(of: #filePath, in: "README.md") }
}
