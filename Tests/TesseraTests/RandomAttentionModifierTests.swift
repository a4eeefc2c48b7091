import Foundation
import Tessera
import Testing

/// Modifiers beside random options, both passes against the definition in Float64, whose gradients are held to central
/// differences.
@Suite struct RandomAttentionModifierTests {
  static let count = 168
  static let seed: UInt64 = ProcessInfo.processInfo.environment["TESSERA_TEST_SEED"].flatMap { UInt64($0) } ?? 1

  private struct Recipe {
    let rule: ScoreRule
    let problem: AttentionProblem

    init(index: Int) throws {
      var numbers = Numbers(state: RandomAttentionModifierTests.seed &* 1_000_003 &+ UInt64(index))
      rule = ScoreRule.allCases[index % ScoreRule.allCases.count]
      let keyValueHeads = numbers.pick([1, 2])
      // Every eighth has keys that are split, and therefore few heads.
      let isLong = index % 8 == 7
      let queries = numbers.pick([1, 2, 3, 7, 13, 26, 50])
      var problem = AttentionProblem(
        batch: isLong ? 1 : numbers.pick([1, 2]), queryHeads: keyValueHeads * (isLong ? 1 : numbers.pick([1, 2, 3])),
        keyValueHeads: keyValueHeads, queryLength: isLong ? min(queries, 13) : queries,
        keyLength: isLong ? numbers.pick([1100, 2100]) : numbers.pick([1, 5, 17, 63, 64, 65, 97, 150]),
        headDimension: numbers.pick([1, 7, 16, 33]), valueDimension: numbers.pick([1, 8, 16, 21]))
      problem.mask = numbers.pick([
        .full, .full, .causal(), .causal(alignment: .topLeft), .window(left: 5, right: 2),
        .window(left: nil, right: 3, alignment: .topLeft),
      ])
      problem.softcap = numbers.pick([nil, nil, 2])
      problem.scale = numbers.pick([problem.scale, 0.7, 1])
      if numbers.pick([true, false]) { problem.bias = BatchedMatrixLayout(scoresOf: problem) }
      problem.gradients.bias = problem.bias
      if numbers.pick([true, false]) { problem.booleanMask = BatchedMatrixLayout(scoresOf: problem) }
      if !isLong { problem.slopes = numbers.pick([nil, nil, .perHead, .perSequenceAndHead]) }
      problem.hasSinks = numbers.pick([true, false])
      if numbers.pick([true, false]) { problem.dropout = try Dropout(probability: 0.3, seed: UInt64(index)) }
      if numbers.pick([true, false, false]) {
        problem.queryOffsets = (0..<problem.batch).map { _ in numbers.pick([-2, 0, 9, 40]) }
      }
      if numbers.pick([true, false]) {
        let room = problem.keyLength
        problem.keyLengths = (0..<problem.batch).map { _ in numbers.pick([0, 1, room / 2, room]) }
      }
      self.problem = problem
    }
  }

  /// A generator of one's own (splitmix64), so that recipes follow from the seed.
  private struct Numbers {
    var state: UInt64

    mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
      return choices[Int((mixed ^ mixed >> 31) % UInt64(choices.count))]
    }
  }

  @Test func agreesWithTheDefinition() throws {
    print("random modifiers: \(Self.count) recipes, TESSERA_TEST_SEED=\(Self.seed)")
    for index in 0..<Self.count {
      let recipe = try Recipe(index: index)
      let call = try AttentionGradientCall(recipe.problem, seed: UInt64(index + 1))
      let expected = ModifiedAttention(call, recipe.rule).passes().asFloats
      for set in InstructionSet.available {
        let context = ExecutionContext(pool: try WorkerPool(threadCount: 1 + index % 3), instructionSet: set)
        let actual = try call.passes(context, modifier: recipe.rule.modifier)
        expectNear(
          actual, expected, tolerance: 2e-5, gradients: 1e-4,
          "recipe \(index), \(set.rawValue), \(recipe.rule), \(recipe.problem)")
      }
    }
  }

  /// The definition's gradients are the derivatives of its own forward pass.
  @Test(arguments: ScoreRule.allCases) func theDefinitionsGradientsAreDerivatives(rule: ScoreRule) throws {
    var problem = AttentionProblem(
      batch: 2, queryHeads: 2, keyValueHeads: 1, queryLength: 6, keyLength: 9, headDimension: 3, valueDimension: 2)
    (problem.softcap, problem.slopes, problem.hasSinks) = (2, .perHead, true)
    (problem.mask, problem.dropout) = (.causal(), try Dropout(probability: 0.3, seed: 4))
    problem.bias = BatchedMatrixLayout(scoresOf: problem)
    let attention = ModifiedAttention(try AttentionGradientCall(problem), rule)
    let passes = attention.passes()
    let step = 1e-4
    for (name, operand, gradients) in [
      ("queries", \ModifiedAttention.queries, passes.queries), ("keys", \.keys, passes.keys),
      ("values", \.values, passes.values),
    ] {
      for index in gradients.indices {
        var (above, below) = (attention, attention)
        above[keyPath: operand][index] += step
        below[keyPath: operand][index] -= step
        let difference = (above.loss - below.loss) / (2 * step)
        #expect(abs(difference - gradients[index]) < 1e-6 * max(1, abs(difference)), "\(name) \(index)")
      }
    }
  }
}
