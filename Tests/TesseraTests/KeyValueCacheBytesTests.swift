import Tessera
import Testing

/// What calls on a cache count: keys and values in the bytes of the cache's type.
struct KeyValueCacheBytesTests {
  @Test(arguments: [ElementType.float32, .bfloat16])
  func areOfTheCachesType(type: ElementType) throws {
    let ledger = Ledger()
    let context = ExecutionContext(
      pool: try WorkerPool(threadCount: 2), instructionSet: .best, ledger: ledger)
    let (heads, queryHeads, width, tokens) = (2, 4, 64, 200)
    let shape = KeyValueCacheShape(
      layers: 1, keyValueHeads: heads, headDimension: width, capacity: tokens, type: type)
    let cache = try KeyValueCache(shape)
    let rows = MatrixLayout(rows: tokens, columns: heads * width)
    let new = [Float](repeating: 0.5, count: tokens * heads * width)
    let step = try cache.step([0], adding: tokens)
    try CacheAppendPlan(shape, sequences: 1, keys: rows, values: rows, context: context)
      .run(keys: new.span, values: new.span, into: cache, layer: 0, step: step)
    cache.advance(step)

    let next = try cache.step([0], adding: 0)
    #expect(next.ranges.lengths == [tokens])
    var problem = shape.attentionProblem(sequences: 1, count: 1, queryHeads: queryHeads)
    problem.mask = .full
    let query = [Float](repeating: 0.5, count: queryHeads * width)
    var output = query
    try AttentionPlan(for: problem, context: context)
      .run(queries: query.span, cache: cache, layer: 0, step: next, output: output.mutableSpan)

    let stored = 2 * heads * width * tokens * type.blockBytes
    let appended = try #require(ledger.entries["cache-append"])
    #expect(appended.leastBytes == stored + 2 * new.count * 4)
    #expect(appended.traffic.byteCount == appended.leastBytes)
    let attended = try #require(ledger.entries["attention"])
    #expect(attended.leastBytes == stored + 2 * query.count * 4)
    #expect(attended.traffic.byteCount == attended.leastBytes)
    #expect(output.allSatisfy { abs($0 - 0.5) < 1e-6 })
  }
}
