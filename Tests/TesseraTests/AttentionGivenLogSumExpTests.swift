import Foundation
import Tessera
import Testing

/// Gradients through log-sum-exps that a caller has from elsewhere.
@Suite struct AttentionGivenLogSumExpTests {
  private let context = try! ExecutionContext(pool: WorkerPool(threadCount: 2))

  /// Two sequences of four heads that share two key-value heads, causal, with sinks and a dropout; and packed ones.
  private static var problems: [AttentionProblem] {
    get throws {
      var planes = AttentionProblem(
        batch: 2, queryHeads: 4, keyValueHeads: 2, queryLength: 5, keyLength: 9, headDimension: 8)
      (planes.mask, planes.hasSinks) = (.causal(), true)
      planes.dropout = try Dropout(probability: 0.25, seed: 7, offset: 3)
      return [planes, AttentionProblem(packed: [4, 0, 7], queryHeads: 2, headDimension: 8)]
    }
  }

  /// Gradients of queries, keys and values.
  private func gradients(
    _ call: AttentionGradientCall, output: [Float], through kept: AttentionSavedTensors
  ) throws -> [[Float]] {
    let (forward, gradients) = (call.forward, call.problem.gradients)
    var queries = [Float](repeating: .nan, count: try #require(gradients.queries.requiredCount))
    var keys = [Float](repeating: .nan, count: try #require(gradients.keys.requiredCount))
    var values = [Float](repeating: .nan, count: try #require(gradients.values.requiredCount))
    try AttentionGradientPlan(for: call.problem, context: context).run(
      queries: forward.queries.span, keys: forward.keys.span, values: forward.values.span, sinks: forward.sinks?.span,
      output: output.span, kept: kept, outputGradient: call.outputGradient.span, queriesGradient: queries.mutableSpan,
      keysGradient: keys.mutableSpan, valuesGradient: values.mutableSpan)
    return [queries, keys, values]
  }

  private func copied(_ values: [Float], _ problem: AttentionProblem) throws -> AttentionSavedTensors {
    let tensors = try AttentionSavedTensors(for: problem)
    try tensors.setLogSumExp(values.span, of: problem)
    return tensors
  }

  private func filled(_ values: [Float], _ problem: AttentionProblem) throws -> AttentionSavedTensors {
    let tensors = try AttentionSavedTensors(for: problem)
    for (index, value) in values.enumerated() { tensors.logSumExp.elements[index] = value }
    let elements = tensors.logSumExp.elements
    try tensors.setLogSumExp(elements.span, of: problem)
    return tensors
  }

  /// Of tensors that forward has filled they are copied to others, or filled in by hand: the same bits.
  @Test func forwardsOwnGiveItsBits() throws {
    for problem in try Self.problems {
      let call = try AttentionGradientCall(problem)
      let (output, kept) = try call.forwardResult(context)
      let expected = try gradients(call, output: output, through: kept).map { $0.map(\.bitPattern) }
      let logSumExps = Array(kept.logSumExp.elements)
      let (copied, inPlace) = (try copied(logSumExps, call.problem), try filled(logSumExps, call.problem))
      for given in [copied, inPlace] {
        let isSame = try gradients(call, output: output, through: given).map { $0.map(\.bitPattern) } == expected
        #expect(isSame, "\(problem.batch) sequences")
      }
    }
  }

  /// As the definition has them, in double.
  @Test func thoseOfTheDefinitionGiveTheGradients() throws {
    let call = try AttentionGradientCall(try Self.problems[0])
    let (problem, forward) = (call.problem, call.forward)
    let sinks = try #require(forward.sinks)
    var logSumExps: [Float] = []
    for plane in 0..<problem.batch * problem.queryHeads {
      for query in 0..<5 {
        var total = exp(Double(sinks[plane % 4]))
        // The last query sees the last key.
        for key in 0...query + 4 {
          var product = 0.0
          for column in 0..<8 {
            let left = Double(forward.queries[(plane * 5 + query) * 8 + column])
            let right = Double(forward.keys[(plane / 2 * 9 + key) * 8 + column])
            product += left * right
          }
          total += exp(Double(problem.scale) * product)
        }
        logSumExps.append(Float(log(total)))
      }
    }
    let (output, kept) = try call.forwardResult(context)
    expectNear(Array(kept.logSumExp.elements), logSumExps, tolerance: 1e-5)
    let given = try copied(logSumExps, problem)
    let (actual, expected) = (
      try gradients(call, output: output, through: given), try gradients(call, output: output, through: kept)
    )
    for (actual, expected) in zip(actual, expected) {
      expectNear(actual, expected, tolerance: 1e-5)
    }
  }
}
