import Tessera
import Testing

/// What is forgotten in attention's calls is said in the words of the problem.
extension BadInputTests {
  /// The gradients of an output that had no log-sum-exps kept would be of memory that nobody wrote.
  @Test func attentionGradientsWithoutLogSumExp() throws {
    let call = try AttentionGradientCall(AttentionProblem(batch: 1, queryHeads: 2, queryLength: 3, headDimension: 4))
    let (output, kept) = try call.forwardResult(context)
    var problem = call.problem
    problem.writesLogSumExp = false
    let plan = try AttentionGradientPlan(for: problem, context: context)
    var queries = [Float](repeating: 7, count: call.forward.queries.count)
    var keys = queries
    var values = queries
    expectError("attention-gradients", "kept") {
      try plan.run(
        queries: call.forward.queries.span, keys: call.forward.keys.span, values: call.forward.values.span,
        output: output.span, kept: kept, outputGradient: call.outputGradient.span,
        queriesGradient: queries.mutableSpan, keysGradient: keys.mutableSpan, valuesGradient: values.mutableSpan)
    }
    let isUntouched = [queries, keys, values].allSatisfy { $0.allSatisfy { $0 == 7 } }
    #expect(isUntouched)
  }

  /// A call that gives or lacks an operand is told which property of the problem speaks of it.
  @Test func attentionOperandsOfOptions() throws {
    var problem = AttentionProblem(batch: 1, queryHeads: 1, queryLength: 2, headDimension: 4)
    let numbers = [Float](repeating: 1, count: 8)
    let bytes = [UInt8](repeating: 1, count: 4)
    var output = numbers
    func message(
      _ problem: AttentionProblem, mask: [UInt8]? = nil, sinks: [Float]? = nil, keeping: AttentionSavedTensors? = nil
    ) -> String {
      do {
        try attention(
          problem, queries: numbers.span, keys: numbers.span, values: numbers.span, mask: mask?.span,
          sinks: sinks?.span, output: output.mutableSpan, keeping: keeping, context: context)
        return "nothing was thrown"
      } catch { return "\(error)" }
    }
    let kept = try AttentionSavedTensors(for: problem)
    #expect(
      message(problem, mask: bytes) == "attention: mask: expected none, as the problem's booleanMask says, got one")
    #expect(
      message(problem, keeping: kept)
        == "attention: keeping: expected none, as the problem's writesLogSumExp says, got one")
    problem.hasSinks = true
    #expect(message(problem) == "attention: sinks: expected one, as the problem's hasSinks says, got none")
    #expect(output == numbers)
  }
}
