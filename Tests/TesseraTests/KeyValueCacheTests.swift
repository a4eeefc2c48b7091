import Tessera
import Testing

/// A cache that is filled token by token, in part, or in a window that rolls gives what all keys at once give.
@Suite struct KeyValueCacheTests {
  private static let context = try! ExecutionContext(pool: WorkerPool(threadCount: 2))
  /// Columns of a head. A token has two query heads and one key-value head.
  private static let width = 16

  private func numbers(_ token: Int, _ count: Int, _ stream: UInt64) -> [Float] {
    var numbers = [Float](repeating: 0, count: count)
    numbers.withUnsafeMutableBufferPointer { fillUniform($0, seed: UInt64(token) << 8 | stream) }
    return numbers
  }

  /// Adds tokens first ..< first + count to these sequences; token t of sequence s is the number 1000 s + t. The mask
  /// is the cache's unless given.
  private func add(
    _ cache: KeyValueCache, _ sequences: [Int], _ first: Int, _ count: Int, _ rotation: CacheAppendPlan.Rotation? = nil,
    mask: AttentionMask? = nil
  ) throws -> [Float] {
    let tokens = sequences.flatMap { sequence in (first..<first + count).map { 1000 * sequence + $0 } }
    func operand(_ columns: Int, _ stream: UInt64) -> [Float] { tokens.flatMap { numbers($0, columns, stream) } }
    let (queries, keys, values) = (operand(2 * Self.width, 0), operand(Self.width, 1), operand(Self.width, 2))
    let step = try cache.step(sequences, adding: count)
    let layout = MatrixLayout(rows: tokens.count, columns: Self.width)
    try CacheAppendPlan(
      cache.shape, sequences: sequences.count, keys: layout, values: layout, rotation: rotation, context: Self.context
    ).run(keys: keys.span, values: values.span, into: cache, layer: 1, step: step)
    var output = [Float](repeating: .nan, count: queries.count)
    var problem = cache.shape.attentionProblem(sequences: sequences.count, count: count, queryHeads: 2)
    if let mask { problem.mask = mask }
    try AttentionPlan(for: problem, context: Self.context)
      .run(queries: queries.span, cache: cache, layer: 1, step: step, output: output.mutableSpan)
    cache.advance(step)
    return output
  }

  private func shape(_ capacity: Int, _ type: ElementType = .float32) -> KeyValueCacheShape {
    KeyValueCacheShape(
      layers: 2, sequences: 3, keyValueHeads: 1, headDimension: Self.width, capacity: capacity, type: type)
  }

  @Test(arguments: [ElementType.float32, .bfloat16]) func tokenByTokenEqualsAllAtOnce(type: ElementType) throws {
    let rotation = CacheAppendPlan.Rotation(
      try RotaryTable(positions: 128, rotatedColumns: 8), pairing: .halfSplit)
    let (whole, single) = (try KeyValueCache(shape(128, type)), try KeyValueCache(shape(128, type)))
    let expected = try [0, 1, 2].map { try add(whole, [$0], 0, 70, rotation) }
    let row = 2 * Self.width
    for token in 0..<70 {
      // Some of the sequences, in another order than theirs.
      let sequences = token < 40 ? [2, 0, 1] : [2, 0]
      let output = try add(single, sequences, token, 1, rotation)
      for (place, sequence) in sequences.enumerated() {
        expectNear(
          Array(output[place * row..<(place + 1) * row]), Array(expected[sequence][token * row..<(token + 1) * row]))
      }
    }
    #expect(single.lengths == [70, 40, 70])
    #expect(single.byteCount == (type == .float32 ? 4 : 2) * 2 * 3 * 1 * 2 * Self.width * 128)
    #expect(single.byteCount == single.shape.byteCount)
    try single.reset(0, to: 50)
    expectNear(try add(single, [0], 50, 20, rotation), Array(expected[0][(50 * row)...]))
  }

  /// The other cache knows of no window: all keys are read, and the mask hides those that have left it.
  @Test func aRollingWindowEqualsACacheOfEverything() throws {
    let window = 100
    let rolling = KeyValueCacheShape(
      layers: 2, sequences: 3, keyValueHeads: 1, headDimension: Self.width, window: window, longestStep: 7)
    let (first, second) = (try KeyValueCache(rolling), try KeyValueCache(shape(640)))
    let mask = AttentionMask.window(left: window - 1, right: 0)
    for token in stride(from: 0, to: 5 * window, by: 7) {
      expectNear(try add(first, [1], token, 7), try add(second, [1], token, 7, mask: mask), "token \(token)")
    }
  }

  /// A sequence that has gone back does not find again what a longer text wrote over.
  @Test func whatWasWrittenOverStaysSo() throws {
    let rolling = KeyValueCacheShape(
      layers: 2, sequences: 3, keyValueHeads: 1, headDimension: Self.width, window: 16, longestStep: 8)
    let cache = try KeyValueCache(rolling)
    #expect(cache.shape.capacity == 128)
    for token in stride(from: 0, to: 200, by: 8) { _ = try add(cache, [0], token, 8) }
    try cache.reset(0, to: 140)
    _ = try add(cache, [0], 140, 2)
    // Positions 24 ..< 40 were there with a length of 142; positions 152 and more took their places before.
    let bad = BadInputTests()
    for position in [40, 87] {
      bad.expectError("KeyValueCache", "position of sequence 0") { try cache.reset(0, to: position) }
    }
    try cache.reset(0, to: 88)
    // From its start on a sequence is like a new one.
    try cache.reset(0)
    let other = try KeyValueCache(rolling)
    for token in stride(from: 0, to: 64, by: 8) {
      let again = try add(cache, [0], token, 8)
      expectNear(again, try add(other, [0], token, 8), "token \(token)")
    }
    try cache.reset(0, to: 20)
    expectNear(
      try add(cache, [0], 20, 4),
      try {
        try other.reset(0, to: 20); return try add(other, [0], 20, 4)
      }())
  }

  @Test func whatDoesNotFit() throws {
    let bad = BadInputTests()
    let cache = try KeyValueCache(shape(64))
    bad.expectError("KeyValueCache", "sequences") { _ = try cache.step([1, 1], adding: 1) }
    bad.expectError("KeyValueCache", "sequences") { _ = try cache.step([3], adding: 1) }
    bad.expectError("KeyValueCache", "count") { _ = try cache.step([0], adding: 128) }
    bad.expectError("KeyValueCache", "count") { _ = try cache.step([0], adding: -1) }
    _ = try add(cache, [0], 0, 60)
    bad.expectError("KeyValueCache", "sequence 0") { _ = try cache.step([0], adding: 5) }
    bad.expectError("KeyValueCache", "position of sequence 0") { try cache.reset(0, to: 61) }
    bad.expectError("KeyValueCache", "sequence") { try cache.reset(3) }
    bad.expectError("KeyValueCache", "type") { _ = try KeyValueCache(shape(64, .q8_0)) }
    var small = shape(64)
    small.window = 65
    bad.expectError("KeyValueCache", "window") { _ = try KeyValueCache(small) }
    #expect(cache.lengths == [60, 0, 0])

    let layout = MatrixLayout(rows: 1, columns: Self.width)
    let row = [Float](repeating: 1, count: 2 * Self.width)
    var output = [Float](repeating: 7, count: 2 * Self.width)
    let append = try CacheAppendPlan(cache.shape, sequences: 1, keys: layout, values: layout, context: Self.context)
    let attention = try AttentionPlan(
      for: cache.shape.attentionProblem(sequences: 1, count: 1, queryHeads: 2), context: Self.context)
    let step = try cache.step([0], adding: 1)
    for layer in [-1, 2] {
      bad.expectError("KeyValueCache", "layer") {
        try append.run(keys: row.span, values: row.span, into: cache, layer: layer, step: step)
      }
      bad.expectError("KeyValueCache", "layer") {
        try attention.run(queries: row.span, cache: cache, layer: layer, step: step, output: output.mutableSpan)
      }
    }
    let others = try KeyValueCache(shape(128)).step([0], adding: 1)
    bad.expectError("cache-append", "cache") {
      try append.run(keys: row.span, values: row.span, into: cache, layer: 0, step: others)
    }
    bad.expectError("KeyValueCache", "step") {
      try attention.run(queries: row.span, cache: cache, layer: 0, step: others, output: output.mutableSpan)
    }
    #expect(output == [Float](repeating: 7, count: 2 * Self.width))
  }
}
