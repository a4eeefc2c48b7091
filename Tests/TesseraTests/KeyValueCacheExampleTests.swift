import Tessera
import Testing

/// The example of attention over a cache is compiled and run here, and must be the same text in docs/attention.md.
@Suite struct KeyValueCacheExampleTests {
  @Test func theExampleRuns() throws {
    // README begins
    // Two layers; 8 query heads that share 2 key-value heads, and have a sink each.
    let shape = KeyValueCacheShape(layers: 2, keyValueHeads: 2, headDimension: 64, capacity: 1024, type: .bfloat16)
    let cache = try KeyValueCache(shape)
    let sinks = [Float](repeating: 0.5, count: 8)

    // New keys and values are token rows of 2 · 64 columns, queries and output of 8 · 64.
    var problem = shape.attentionProblem(sequences: 1, count: 5, queryHeads: 8)
    problem.hasSinks = true
    var rows = MatrixLayout(rows: 5, columns: 2 * 64)
    let prompt = (
      append: try CacheAppendPlan(shape, sequences: 1, keys: rows, values: rows),
      attention: try AttentionPlan(for: problem)
    )

    // One pair of plans serves all steps of one token, however long the sequence has become.
    problem = shape.attentionProblem(sequences: 1, count: 1, queryHeads: 8)
    problem.hasSinks = true
    rows = MatrixLayout(rows: 1, columns: 2 * 64)
    let single = (
      append: try CacheAppendPlan(shape, sequences: 1, keys: rows, values: rows),
      attention: try AttentionPlan(for: problem)
    )

    var output: [Float] = []
    for count in [5, 1, 1, 1] {
      let plans = count == 5 ? prompt : single
      let step = try cache.step([0], adding: count)
      for layer in 0..<shape.layers {
        // What the layer's maps would give.
        let queries = [Float](repeating: 0.5, count: count * 8 * 64)
        let keys = [Float](repeating: 0.25, count: count * 2 * 64)
        let values = [Float](repeating: Float(layer + 1), count: keys.count)
        output = [Float](repeating: 0, count: queries.count)
        try plans.append.run(keys: keys.span, values: values.span, into: cache, layer: layer, step: step)
        try plans.attention.run(
          queries: queries.span, cache: cache, layer: layer, step: step, sinks: sinks.span, output: output.mutableSpan)
      }
      cache.advance(step)
    }
    // README ends

    // Eight keys of one score, 0.125 · 64 · 0.5 · 0.25 = 1, and the sink, whose value is none.
    let seen = 8 * 2.718_281_8
    #expect(output.allSatisfy { abs(Double($0) - 2 * seen / (seen + 1.648_721_3)) < 1e-5 })
    #expect(cache.lengths == [8])
  }

  @Test func thePageShowsIt() throws { try expectExample(of: #filePath, in: "docs/attention.md") }
}
