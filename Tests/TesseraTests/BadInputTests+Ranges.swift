import Tessera
import Testing

/// A call over ranges checks its operands as one over floats does, and writes nothing.
extension BadInputTests {
  private static let keys = 70

  private func problem() -> AttentionProblem {
    var problem = AttentionProblem(
      batch: 1, queryHeads: 2, keyValueHeads: 1, queryLength: 3, keyLength: 128, headDimension: 4, valueDimension: 6)
    problem.bias = BatchedMatrixLayout(scoresOf: problem)
    problem.booleanMask = BatchedMatrixLayout(scoresOf: problem)
    (problem.slopes, problem.hasSinks, problem.writesLogSumExp) = (.perHead, true, true)
    return problem
  }

  /// One range from the start of the memory.
  private func ranges() -> KeyValueRanges {
    var ranges = KeyValueRanges(
      type: .float32, keyStrides: .init(row: 4, head: 0), valueStrides: .init(row: 6, head: 0))
    ranges.append([.init(count: Self.keys, keyOffset: 0, valueOffset: 0)])
    return ranges
  }

  @Test func attentionOverRangesSpans() throws {
    let problem = problem()
    let call = try AttentionCall(problem)
    let plan = try AttentionPlan(for: problem, context: context)
    let kept = try AttentionSavedTensors(for: problem)
    kept.logSumExp.elements.update(repeating: 7)
    var output = [Float](repeating: 7, count: try #require(problem.output.requiredCount))
    func expectThrow(
      _ operand: String, keeping: AttentionSavedTensors?, _ change: (inout AttentionCall) -> Void
    ) {
      var changed = call
      change(&changed)
      expectError("attention", operand) {
        try plan.run(
          queries: changed.queries.span, keys: changed.keys.span.bytes, values: changed.values.span.bytes, at: ranges(),
          bias: changed.bias?.span, mask: changed.mask?.span, slopes: changed.slopes?.span, sinks: changed.sinks?.span,
          output: output.mutableSpan, keeping: keeping)
      }
    }
    expectThrow("queries", keeping: kept) { $0.queries.removeLast() }
    // Rows of bias and mask are as long as the problem has room, also where the sequence has fewer keys.
    expectThrow("bias", keeping: kept) { $0.bias!.removeLast() }
    expectThrow("bias", keeping: kept) { $0.bias = nil }
    expectThrow("mask", keeping: kept) { $0.mask!.removeLast() }
    expectThrow("mask", keeping: kept) { $0.mask = nil }
    expectThrow("slopes", keeping: kept) { $0.slopes!.removeLast() }
    expectThrow("slopes", keeping: kept) { $0.slopes = nil }
    expectThrow("sinks", keeping: kept) { $0.sinks!.removeLast() }
    expectThrow("sinks", keeping: kept) { $0.sinks = nil }
    expectThrow("keys", keeping: kept) { $0.keys.removeLast(59 * 4) }
    expectThrow("values", keeping: kept) { $0.values.removeLast(59 * 6) }
    expectThrow("keeping", keeping: nil) { _ in }
    var smaller = problem
    (smaller.queryLength, smaller.bias, smaller.booleanMask) = (2, nil, nil)
    (smaller.queries.rows, smaller.output.rows) = (2, 2)
    expectThrow("log-sum-exp", keeping: try AttentionSavedTensors(for: smaller)) { _ in }
    #expect(output.allSatisfy { $0 == 7 } && kept.logSumExp.elements.allSatisfy { $0 == 7 })

    // What the problem does not have is refused.
    var plain = AttentionProblem(
      batch: 1, queryHeads: 2, keyValueHeads: 1, queryLength: 3, keyLength: 128, headDimension: 4, valueDimension: 6)
    plain.mask = .causal()
    let plainPlan = try AttentionPlan(for: plain, context: context)
    for (operand, bias, mask, slopes) in [
      ("bias", call.bias, nil, nil), ("mask", nil, call.mask, nil), ("slopes", nil, nil, call.slopes),
    ] as [(String, [Float]?, [UInt8]?, [Float]?)] {
      expectError("attention", operand) {
        try plainPlan.run(
          queries: call.queries.span, keys: call.keys.span.bytes, values: call.values.span.bytes, at: ranges(),
          bias: bias?.span, mask: mask?.span, slopes: slopes?.span, output: output.mutableSpan)
      }
    }
    expectError("attention", "keeping") {
      try plainPlan.run(
        queries: call.queries.span, keys: call.keys.span.bytes, values: call.values.span.bytes, at: ranges(),
        output: output.mutableSpan, keeping: kept)
    }
    #expect(output.allSatisfy { $0 == 7 })
  }

  /// The output shares memory with nothing, the memory between ranges included.
  @Test func attentionOverRangesOverlappingMemory() throws {
    var problem = AttentionProblem(batch: 1, queryHeads: 1, queryLength: 2, keyLength: 128, headDimension: 4)
    problem.bias = BatchedMatrixLayout(scoresOf: problem)
    problem.hasSinks = true
    let plan = try AttentionPlan(for: problem, context: context)
    let memory = try AlignedBuffer<Float>(repeating: 1, count: 1024)
    func part(_ start: Int, _ count: Int) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(rebasing: memory.elements[start..<start + count])
    }
    var ranges = KeyValueRanges(
      type: .float32, keyStrides: .init(row: 4, head: 0), valueStrides: .init(row: 4, head: 0))
    ranges.append([.init(count: 64, keyOffset: 0, valueOffset: 0)])
    // Queries 0 ..< 8, keys and values 8 ..< 328 of which ranges have 256, bias 328 ..< 584, the sink at 584.
    let queries = UnsafeBufferPointer(part(0, 8))
    let stored = UnsafeRawBufferPointer(part(8, 320))
    let (bias, sinks) = (UnsafeBufferPointer(part(328, 256)), UnsafeBufferPointer(part(584, 1)))
    for start in [0, 7, 8, 263, 300, 327, 328, 577, 583, 584] {
      let output = part(start, 8)
      expectError("attention", "output") {
        try plan.run(
          queries: queries.span, keys: stored.bytes, values: stored.bytes, at: ranges, bias: bias.span,
          sinks: sinks.span, output: output.mutableSpan)
      }
    }
    #expect(memory.elements.allSatisfy { $0 == 1 })
    let output = part(585, 8)
    try plan.run(
      queries: queries.span, keys: stored.bytes, values: stored.bytes, at: ranges, bias: bias.span,
      sinks: sinks.span, output: output.mutableSpan)
    #expect(output.allSatisfy { $0 != 1 })
  }
}
