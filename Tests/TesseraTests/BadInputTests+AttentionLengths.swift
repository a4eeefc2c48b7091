import Tessera
import Testing

/// Lengths and places of sequences that do not fit are thrown by name, for attention and its gradients.
extension BadInputTests {
  private func expectLengthsError(
    _ operand: String, _ problem: AttentionProblem, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout AttentionProblem) -> Void
  ) {
    var problem = problem
    change(&problem)
    let changed = problem
    expectError("attention", operand, sourceLocation: sourceLocation) {
      _ = try AttentionPlan(for: changed, context: context)
    }
    expectError("attention-gradients", operand, sourceLocation: sourceLocation) {
      _ = try AttentionGradientPlan(for: changed, context: context)
    }
    #expect(throws: TesseraError.self, sourceLocation: sourceLocation) { _ = try AttentionSavedTensors(for: changed) }
  }

  @Test func attentionQueryLengths() {
    let padded = AttentionProblem(batch: 2, queryHeads: 4, keyValueHeads: 2, queryLength: 3, headDimension: 4)
    expectLengthsError("query lengths", padded) { $0.queryLengths = [3] }
    expectLengthsError("query lengths", padded) { $0.queryLengths = [3, 1, 2] }
    expectLengthsError("query length of sequence 0", padded) { $0.queryLengths = [4, 0] }
    expectLengthsError("query length of sequence 1", padded) { $0.queryLengths = [3, -1] }
    expectLengthsError("query length of sequence 1", padded) { $0.queryLengths = [3, .min] }
    // Planes of their own are not one list of tokens.
    expectLengthsError("queries", padded) { ($0.queryStarts, $0.queryLengths) = ([0, 0], [3, 0]) }
    expectLengthsError("keys", padded) { ($0.keyStarts, $0.keyLengths) = ([0, 2], [2, 1]) }
  }

  @Test func attentionStarts() {
    let packed = AttentionProblem(packed: [3, 5, 2], queryHeads: 4, keyValueHeads: 2, headDimension: 4)
    expectLengthsError("query starts", packed) { $0.queryStarts = [0, 3] }
    expectLengthsError("key starts", packed) { $0.keyStarts = [] }
    for bad in [-1, 6, .max, .min] {
      expectLengthsError("query start of sequence 1", packed) { $0.queryStarts = [0, bad, 8] }
      expectLengthsError("key start of sequence 1", packed) { $0.keyStarts = [0, bad, 8] }
    }
    expectLengthsError("query start of sequence 1", packed) { $0.queryStarts = [0, 2, 8] }
    expectLengthsError("query start of sequence 0", packed) { $0.queryStarts = [5, 1, 8] }
    expectLengthsError("output", packed) { $0.output.rows += 1 }
    expectLengthsError("values", packed) { $0.values.rows -= 1 }
    for layout in [\AttentionProblem.queries, \.keys, \.values, \.output] {
      #expect(throws: TesseraError.self) {
        var problem = packed
        problem[keyPath: layout].planes *= 3
        _ = try AttentionPlan(for: problem, context: context)
      }
    }
    // Room that no sequence fills, and no layout has, is not to be more than can be counted.
    expectLengthsError("query length", packed) {
      $0.queryLengths = [0, 0, 0]
      ($0.queryHeads, $0.queryLength) = (1 << 30, Int(Int32.max))
    }
    expectLengthsError("key length", packed) {
      $0.keyLengths = [0, 0, 0]
      ($0.queryHeads, $0.keyValueHeads, $0.keyLength) = (1 << 30, 1 << 30, Int(Int32.max))
    }
    // What the layouts are made from before anything is checked may wrap, but not trap.
    for lengths in [[.max, .max], [-1, 3], [.min, .min], [Int(Int32.max) + 1]] as [[Int]] {
      #expect(throws: TesseraError.self) {
        _ = try AttentionPlan(for: AttentionProblem(packed: lengths, queryHeads: 1, headDimension: 4))
      }
    }
    #expect(throws: TesseraError.self) {
      _ = try AttentionPlan(
        for: AttentionProblem(packed: [3, 4], keyLengths: [3], queryHeads: 1, headDimension: 4))
    }
  }

  /// Keys may be seen by several sequences; but two sequences' gradients of them have no place.
  @Test func attentionSharedKeys() throws {
    var problem = AttentionProblem(packed: [3, 5], keyLengths: [6, 6], queryHeads: 2, headDimension: 4)
    problem.keyStarts = [0, 4]
    _ = try AttentionPlan(for: problem, context: context)
    let shared = problem
    expectError("attention-gradients", "key start of sequence 1") {
      _ = try AttentionGradientPlan(for: shared, context: context)
    }
  }

  @Test func packedAttentionSpans() throws {
    var problem = AttentionProblem(packed: [3, 5], queryHeads: 2, headDimension: 4)
    problem.writesLogSumExp = true
    let call = try AttentionCall(problem)
    let kept = try AttentionSavedTensors(for: problem)
    #expect(kept.logSumExp.count == 2 * 8 && call.queries.count == 2 * 8 * 4)
    let plan = try AttentionPlan(for: problem, context: context)
    var output = [Float](repeating: 7, count: call.queries.count)
    for (operand, path) in [("queries", \AttentionCall.queries), ("keys", \.keys), ("values", \.values)] {
      var short = call
      short[keyPath: path].removeLast()
      expectError("attention", operand) {
        try plan.run(
          queries: short.queries.span, keys: short.keys.span, values: short.values.span, output: output.mutableSpan,
          keeping: kept)
      }
    }
    #expect(output.allSatisfy { $0 == 7 })
  }
}
