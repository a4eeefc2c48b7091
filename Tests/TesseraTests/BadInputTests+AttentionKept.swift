import Tessera
import Testing

/// What backward calls go back through is what forward calls have kept that draw alike.
extension BadInputTests {
  /// A call that fills kept tensors, and backward calls with them, by a plan and without one of the caller's.
  private struct KeptCall {
    let call: AttentionGradientCall
    let output: [Float]
    let kept: AttentionSavedTensors

    /// Each gradient holds 7s before; what they hold afterwards.
    func backward(
      _ problem: AttentionProblem, through other: AttentionSavedTensors? = nil, planned: Bool,
      _ context: ExecutionContext
    ) -> (gradients: [[Float]], error: TesseraError?) {
      let (kept, operands) = (other ?? kept, call.forward)
      var queries = [Float](repeating: 7, count: operands.queries.count)
      var keys = queries
      var values = queries
      var thrown: TesseraError?
      do throws(TesseraError) {
        if planned {
          try AttentionGradientPlan(for: problem, context: context).run(
            queries: operands.queries.span, keys: operands.keys.span, values: operands.values.span,
            output: output.span, kept: kept, outputGradient: call.outputGradient.span,
            queriesGradient: queries.mutableSpan, keysGradient: keys.mutableSpan, valuesGradient: values.mutableSpan)
        } else {
          try attentionGradients(
            problem, queries: operands.queries.span, keys: operands.keys.span, values: operands.values.span,
            output: output.span, kept: kept, outputGradient: call.outputGradient.span,
            queriesGradient: queries.mutableSpan, keysGradient: keys.mutableSpan, valuesGradient: values.mutableSpan,
            context: context)
        }
      } catch { thrown = error }
      return ([queries, keys, values], thrown)
    }
  }

  private func keptCall(_ dropout: Dropout?) throws -> KeptCall {
    var problem = AttentionProblem(batch: 1, queryHeads: 2, queryLength: 3, headDimension: 4)
    problem.dropout = dropout
    let call = try AttentionGradientCall(problem)
    let (output, kept) = try call.forwardResult(context)
    return KeptCall(call: call, output: output, kept: kept)
  }

  /// The error has both, the call that tensors have to be of and what they are; nothing is written.
  private func expectRefused(
    _ result: (gradients: [[Float]], error: TesseraError?), expected: String, actual: String
  ) {
    let isUntouched = result.gradients.allSatisfy { $0.allSatisfy { $0 == 7 } }
    #expect(isUntouched, "\(expected), \(actual)")
    #expect(
      result.error
        == .invalidOperand(
          operation: "attention-gradients", operand: "kept", expected: "tensors of a forward call with \(expected)",
          actual: actual))
  }

  /// The error has both; nothing is written. Dropouts that drop nothing are none.
  @Test func attentionGradientsOfAnotherDropout() throws {
    let none = "no dropout"
    let dropouts: [(dropout: Dropout?, name: String)] = [
      (nil, none), (try Dropout(probability: 0, seed: 7, offset: 3), none),
      (try Dropout(probability: 0.25, seed: 7, offset: 3), "dropout 0.25, seed 7, offset 3"),
      (try Dropout(probability: 0.25, seed: 7, offset: 4), "dropout 0.25, seed 7, offset 4"),
      (try Dropout(probability: 0.25, seed: 8, offset: 3), "dropout 0.25, seed 8, offset 3"),
      (try Dropout(probability: 0.5, seed: 7, offset: 3), "dropout 0.5, seed 7, offset 3"),
    ]
    for (forward, had) in dropouts {
      let keptCall = try keptCall(forward)
      for (backward, has) in dropouts {
        var problem = keptCall.call.problem
        problem.dropout = backward
        for planned in [true, false] {
          let result = keptCall.backward(problem, planned: planned, context)
          guard had != has else {
            let isWritten = result.error == nil && result.gradients.allSatisfy { $0.allSatisfy { $0 != 7 } }
            #expect(isWritten, "\(has)")
            continue
          }
          expectRefused(result, expected: has, actual: "those of one with \(had)")
        }
      }
    }
  }

  /// A probability that draws of 16 bits do not tell from forward's drops the same and scales alike, to the bit; one
  /// that they just do is another, and the error shows it.
  @Test func attentionGradientsOfAnotherProbabilityThatDrawsAlike() throws {
    func dropout(_ probability: Double) throws -> Dropout { try Dropout(probability: probability, seed: 7, offset: 3) }
    let tenth = 0.1
    let keptCall = try keptCall(try dropout(tenth))
    var problem = keptCall.call.problem
    for planned in [true, false] {
      let expected = keptCall.backward(keptCall.call.problem, planned: planned, context)
      #expect(expected.error == nil)
      for probability in [tenth.nextDown, tenth.nextUp, 6553.5 / 65536, 6554.25 / 65536] {
        problem.dropout = try dropout(probability)
        let (gradients, error) = keptCall.backward(problem, planned: planned, context)
        let isSame = gradients.map { $0.map(\.bitPattern) } == expected.gradients.map { $0.map(\.bitPattern) }
        #expect(error == nil && isSame, "\(probability)")
      }
      problem.dropout = try dropout(6554.5 / 65536)
      expectRefused(
        keptCall.backward(problem, planned: planned, context),
        expected: "dropout \(6554.5 / 65536), seed 7, offset 3",
        actual: "those of one with dropout 0.1, seed 7, offset 3")
    }
  }

  /// Nor is memory taken that no forward call has written, or that one would have written which was refused.
  @Test func attentionGradientsThroughNothing() throws {
    for dropout in [nil, try Dropout(probability: 0.25, seed: 7, offset: 3)] {
      let keptCall = try keptCall(dropout)
      let (problem, operands) = (keptCall.call.problem, keptCall.call.forward)
      let kept = try AttentionSavedTensors(for: problem)
      kept.logSumExp.elements.update(repeating: 0)
      var short = [Float](repeating: 7, count: keptCall.output.count - 1)
      expectError("attention", "output") {
        try attention(
          problem, queries: operands.queries.span, keys: operands.keys.span, values: operands.values.span,
          output: short.mutableSpan, keeping: kept, context: context)
      }
      for planned in [true, false] {
        expectRefused(
          keptCall.backward(problem, through: kept, planned: planned, context),
          expected: dropout == nil ? "no dropout" : "dropout 0.25, seed 7, offset 3",
          actual: "memory that none has written")
      }
    }
  }

  /// Log-sum-exps of a caller's: those of another dropout are refused, and too few of them, or for too few, change
  /// nothing.
  @Test func attentionLogSumExpsOfACaller() throws {
    let dropout = try Dropout(probability: 0.25, seed: 7, offset: 3)
    let keptCall = try keptCall(dropout)
    let problem = keptCall.call.problem
    let given = try AttentionSavedTensors(for: problem)
    let logSumExps = Array(keptCall.kept.logSumExp.elements)
    var longer = AttentionProblem(batch: 1, queryHeads: 2, queryLength: 4, headDimension: 4)
    expectError("attention", "log-sum-exp") { try given.setLogSumExp(Array(logSumExps.dropLast()).span, of: problem) }
    expectError("attention", "kept") { try given.setLogSumExp((logSumExps + logSumExps).span, of: longer) }
    longer.batch = -1
    #expect(throws: TesseraError.self) { try given.setLogSumExp(logSumExps.span, of: longer) }
    func expectGivenRefused(_ actual: String) {
      expectRefused(
        keptCall.backward(problem, through: given, planned: true, context),
        expected: "dropout 0.25, seed 7, offset 3", actual: actual)
    }
    expectGivenRefused("memory that none has written")
    var other = problem
    other.dropout = dropout.at(offset: 4)
    try given.setLogSumExp(logSumExps.span, of: other)
    expectGivenRefused("those of one with dropout 0.25, seed 7, offset 4")
    try given.setLogSumExp(logSumExps.span, of: problem)
    let (gradients, error) = keptCall.backward(problem, through: given, planned: true, context)
    let isWritten = error == nil && gradients.allSatisfy { $0.allSatisfy { $0 != 7 } }
    #expect(isWritten)
  }
}
