import Tessera
import Testing

/// A cache whose window rolls, with every option of attention over it, gives what all keys at once give.
@Suite struct KeyValueCacheOptionsTests {
  private static let window = 100
  private static let count = 7
  /// Columns of a head. A token has two query heads and one key-value head.
  private static let width = 16

  /// A bias and a Boolean mask of a step's queries: those of the keys from position `first` on, in rows of `columns`;
  /// past the last key the bias is NaN.
  private func scoreOperands(start: Int, first: Int, columns: Int) -> (bias: [Float], mask: [UInt8]) {
    var bias = [Float](repeating: .nan, count: 2 * Self.count * columns)
    var mask = [UInt8](repeating: 1, count: bias.count)
    for head in 0..<2 {
      for query in 0..<Self.count {
        let position = start + query
        for key in first..<start + Self.count {
          let place = (head * Self.count + query) * columns + key - first
          bias[place] = Float((7 * head + 3 * position + 5 * key) % 11) / 4 - 1
          mask[place] = (head + position + key) % 5 == 0 ? 0 : 1
        }
      }
    }
    return (bias, mask)
  }

  private func setOptions(of problem: inout AttentionProblem) {
    problem.bias = BatchedMatrixLayout(scoresOf: problem)
    problem.booleanMask = BatchedMatrixLayout(scoresOf: problem)
    (problem.slopes, problem.hasSinks, problem.writesLogSumExp) = (.perHead, true, true)
  }

  /// As the cache's type has it, rounded to nearest, ties to even.
  private func stored(_ numbers: [Float], _ type: ElementType) -> [Float] {
    guard type == .bfloat16 else { return numbers }
    return numbers.map { number in
      let bits = number.bitPattern
      return Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000)
    }
  }

  @Test(arguments: InstructionSet.available, [ElementType.float32, .bfloat16])
  func aRollingWindowEqualsAllKeys(set: InstructionSet, type: ElementType) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    let shape = KeyValueCacheShape(
      layers: 1, sequences: 2, keyValueHeads: 1, headDimension: Self.width, window: Self.window,
      longestStep: Self.count, type: type)
    let cache = try KeyValueCache(shape)
    let layout = MatrixLayout(rows: Self.count, columns: Self.width)
    let append = try CacheAppendPlan(shape, sequences: 1, keys: layout, values: layout, context: context)
    var problem = shape.attentionProblem(sequences: 1, count: Self.count, queryHeads: 2)
    setOptions(of: &problem)
    let plan = try AttentionPlan(for: problem, context: context)
    var (keys, values): ([Float], [Float]) = ([], [])
    for start in stride(from: 0, to: 60 * Self.count, by: Self.count) {
      // All keys so far, of which the window's mask hides what has left it.
      var dense = AttentionProblem(
        batch: 1, queryHeads: 2, keyValueHeads: 1, queryLength: Self.count, keyLength: start + Self.count,
        headDimension: Self.width, order: .rowsFirst)
      dense.mask = .window(left: Self.window - 1, right: 0)
      setOptions(of: &dense)
      var call = try AttentionCall(dense, seed: UInt64(start) + 1)
      let size = Self.count * Self.width
      let added = (Array(call.keys.suffix(size)), Array(call.values.suffix(size)))
      keys += stored(added.0, type)
      values += stored(added.1, type)
      (call.keys, call.values) = (keys, values)
      (call.slopes, call.sinks) = ([0.25, -0.01], [1, 4])
      let whole = scoreOperands(start: start, first: 0, columns: start + Self.count)
      (call.bias, call.mask) = (whole.bias, whole.mask)
      let expected = try call.run(context)

      let step = try cache.step([1], adding: Self.count)
      #expect(step.firstKeys == [max(0, start + 1 - Self.window) / 64 * 64])
      try append.run(keys: added.0.span, values: added.1.span, into: cache, layer: 0, step: step)
      let part = scoreOperands(start: start, first: step.firstKeys[0], columns: shape.capacity)
      func run(_ plan: AttentionPlan) throws -> AttentionCall.Result {
        var output = [Float](repeating: .nan, count: call.queries.count)
        let kept = try AttentionSavedTensors(for: problem)
        try plan.run(
          queries: call.queries.span, cache: cache, layer: 0, step: step, bias: part.bias.span, mask: part.mask.span,
          slopes: call.slopes?.span, sinks: call.sinks?.span, output: output.mutableSpan, keeping: kept)
        return AttentionCall.Result(output: output, logSumExp: Array(kept.logSumExp.elements))
      }
      let result = try run(plan)
      expectNear(result.output, expected.output, tolerance: 1e-5, "token \(start)")
      expectNear(result.logSumExp, expected.logSumExp, tolerance: 1e-5, "token \(start)")
      // The offset that says where the queries stand anyway.
      var placed = problem
      placed.queryOffsets = [start - step.firstKeys[0]]
      #expect(try run(AttentionPlan(for: placed, context: context)) == result, "token \(start)")
      cache.advance(step)
    }
  }

  /// What the problem has must be given, and is checked before anything is written.
  @Test func whatIsMissing() throws {
    let bad = BadInputTests()
    let shape = KeyValueCacheShape(layers: 1, keyValueHeads: 1, headDimension: Self.width, capacity: 64)
    let cache = try KeyValueCache(shape)
    var problem = shape.attentionProblem(sequences: 1, count: 1, queryHeads: 2)
    setOptions(of: &problem)
    let plan = try AttentionPlan(for: problem, context: bad.context)
    let kept = try AttentionSavedTensors(for: problem)
    let step = try cache.step([0], adding: 1)
    let query = [Float](repeating: 1, count: 2 * Self.width)
    var output = [Float](repeating: 7, count: query.count)
    let (bias, mask) = ([Float](repeating: 0, count: 128), [UInt8](repeating: 1, count: 128))
    func expectThrow(
      _ operand: String, bias: [Float]?, mask: [UInt8]?, slopes: [Float]? = [0, 0], sinks: [Float]? = [0, 0],
      keeping kept: AttentionSavedTensors?
    ) {
      bad.expectError("attention", operand) {
        try plan.run(
          queries: query.span, cache: cache, layer: 0, step: step, bias: bias?.span, mask: mask?.span,
          slopes: slopes?.span, sinks: sinks?.span, output: output.mutableSpan, keeping: kept)
      }
    }
    expectThrow("bias", bias: nil, mask: mask, keeping: kept)
    expectThrow("bias", bias: Array(bias.dropLast()), mask: mask, keeping: kept)
    expectThrow("mask", bias: bias, mask: nil, keeping: kept)
    expectThrow("mask", bias: bias, mask: Array(mask.dropLast()), keeping: kept)
    expectThrow("slopes", bias: bias, mask: mask, slopes: [0], keeping: kept)
    expectThrow("sinks", bias: bias, mask: mask, sinks: nil, keeping: kept)
    expectThrow("keeping", bias: bias, mask: mask, keeping: nil)
    #expect(output.allSatisfy { $0 == 7 })
  }
}
