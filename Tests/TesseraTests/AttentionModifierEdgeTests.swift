import Tessera
import Testing

/// What modifiers hide, where calls differ in threads or in where keys lie, and what plans hold.
@Suite struct AttentionModifierEdgeTests {
  /// NaN in what a closure hides reaches nothing, and in what it shows exactly the rows that see it: keys and values
  /// j % 5 = 3 are seen by even queries only, j % 5 = 4 by none.
  @Test(arguments: AttentionModifierTests.paths) func whatIsHiddenReachesNothing(path: AttentionPath) throws {
    @Sendable func isVisible(_ query: Int, _ key: Int) -> Bool {
      key % 5 != 4 && (key % 5 != 3 || query % 2 == 0)
    }
    let dropout = try Dropout(probability: 0.2, seed: 5)
    let modifiers: [AttentionScoreModifier] = [
      .mask { _, _, query, key in isVisible(query, key) },
      .scores(
        { score, _, _, query, key in isVisible(query, key) ? 1.5 * score : -.infinity },
        // Not finite where the score is not: 0 times it is NaN.
        derivative: { score, _, _, _, _ in 1.5 + 0 * score }),
    ]
    for modifier in modifiers {
      for mask in [.full, .causal()] as [AttentionMask] {
        let call = try AttentionGradientCall(
          path.problem { ($0.mask, $0.dropout, $0.softcap) = (mask, dropout, 3) })
        let expected = try call.passes(path.context, modifier: modifier)
        #expect(expected.gradients.isFinite)
        for (hidden, number) in [(4, Float.nan), (3, .nan), (3, .infinity)] {
          var poisoned = call
          for row in 0..<4 * path.keys where row % path.keys % 5 == hidden {
            for d in 0..<24 { poisoned.forward.keys[row * 24 + d] = number }
            for d in 0..<19 { poisoned.forward.values[row * 19 + d] = number }
          }
          let actual = try poisoned.passes(path.context, modifier: modifier)
          guard hidden == 3 else {
            expectNear(actual, expected, tolerance: 4e-6, gradients: 2e-5)
            continue
          }
          for row in 0..<8 * path.queries {
            func rows(_ passes: AttentionGradientCall.Passes) -> [Float] {
              let output = Array(passes.forward.output[row * 19..<(row + 1) * 19])
              return output + Array(passes.gradients.queries[row * 24..<(row + 1) * 24])
            }
            if row % path.queries % 2 == 1 {
              expectNear(rows(actual), rows(expected), tolerance: 2e-5)
            } else {
              let isLost = rows(actual).allSatisfy { !$0.isFinite }
              #expect(isLost)
            }
          }
        }
      }
    }
  }

  /// An output's gradient that is not finite reaches the keys that its query sees, and no other.
  @Test(arguments: InstructionSet.available) func gradientsOfHiddenKeysStayClean(set: InstructionSet) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    for modifier in [ScoreRule.holes.modifier, ScoreRule.sineWithHoles.modifier] {
      let problem = AttentionProblem(batch: 1, queryHeads: 1, queryLength: 30, keyLength: 70, headDimension: 16)
      let call = try AttentionGradientCall(problem)
      var poisoned = call
      for column in 0..<16 { poisoned.outputGradient[7 * 16 + column] = .nan }
      let (actual, expected) = (
        try poisoned.passes(context, modifier: modifier), try call.passes(context, modifier: modifier)
      )
      for key in 0..<70 {
        let part = key * 16..<(key + 1) * 16
        if ScoreRule.holes.isVisible(0, 0, 7, key) {
          #expect(actual.gradients.values[part].allSatisfy(\.isNaN) && actual.gradients.keys[part].allSatisfy(\.isNaN))
        } else {
          expectNear(Array(actual.gradients.values[part]), Array(expected.gradients.values[part]), tolerance: 2e-5)
          expectNear(Array(actual.gradients.keys[part]), Array(expected.gradients.keys[part]), tolerance: 2e-5)
        }
      }
    }
  }

  /// A closure that hides all leaves nothing: output and gradients 0, whatever the operands hold.
  @Test(arguments: AttentionModifierTests.paths) func hidingEverythingLeavesNothing(path: AttentionPath) throws {
    let nothing = AttentionScoreModifier.mask { _, _, _, _ in false }
    for hasSinks in [false, true] {
      var call = try AttentionGradientCall(path.problem { $0.hasSinks = hasSinks })
      call.forward.keys = call.forward.keys.map { _ in .nan }
      call.forward.values = call.forward.values.map { _ in .infinity }
      let passes = try call.passes(path.context, modifier: nothing)
      #expect(passes.forward.output.allSatisfy { $0 == 0 })
      for (row, logSumExp) in passes.forward.logSumExp.enumerated() {
        #expect(logSumExp == call.forward.sinks?[row / path.queries % 4] ?? -.infinity)
      }
      let gradients = passes.gradients
      #expect([gradients.queries, gradients.keys, gradients.values].allSatisfy { $0.allSatisfy { $0 == 0 } })
    }
  }

  @Test(arguments: AttentionModifierTests.paths) func bitsDoNotDependOnThreads(path: AttentionPath) throws {
    let dropout = try Dropout(probability: 0.1, seed: 3)
    for rule in [ScoreRule.sine, .holes, .sineWithHoles] {
      let call = try AttentionGradientCall(
        path.problem {
          ($0.mask, $0.dropout, $0.softcap, $0.hasSinks) = (.causal(), dropout, 3, true)
          $0.bias = BatchedMatrixLayout(scoresOf: $0, broadcastingBatch: true)
        })
      func passes(_ threads: Int) throws -> AttentionGradientCall.Passes {
        let context = ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: path.set)
        return try call.passes(context, modifier: rule.modifier)
      }
      let expected = try passes(1)
      for threads in [1, 2, 3, 8] {
        let isSame = try passes(threads) == expected
        #expect(isSame, "\(rule), \(threads) threads")
      }
    }
  }

  /// Over a cache keys count within their sequence: in one range they have the bits of the other call, in several they
  /// are the same keys.
  @Test(arguments: AttentionModifierTests.paths) func rangesOfACacheTakeModifiers(path: AttentionPath) throws {
    for rule in [ScoreRule.holes, .ofHeads] {
      let problem = path.problem {
        ($0.writesLogSumExp, $0.mask, $0.keyLengths) = (false, .causal(), [path.keys, path.keys - 2])
      }
      let call = try AttentionCall(problem)
      let plan = try AttentionPlan(for: problem, modifier: rule.modifier, context: path.context)
      let expected = try call.run(path.context, plan: plan)
      for keysPerRange in [path.keys, 64] {
        var ranges = KeyValueRanges(
          type: .float32, keyStrides: .init(row: 24, head: path.keys * 24),
          valueStrides: .init(row: 19, head: path.keys * 19))
        for (sequence, length) in [path.keys, path.keys - 2].enumerated() {
          ranges.append(
            stride(from: 0, to: length, by: keysPerRange).map { first in
              let key = sequence * 2 * path.keys + first
              return .init(count: min(keysPerRange, length - first), keyOffset: key * 24, valueOffset: key * 19)
            })
        }
        var output = [Float](repeating: .nan, count: expected.output.count)
        try plan.run(
          queries: call.queries.span, keys: call.keys.span.bytes, values: call.values.span.bytes, at: ranges,
          output: output.mutableSpan)
        expectNear(output, expected.output)
        if keysPerRange == path.keys { #expect(output.map(\.bitPattern) == expected.output.map(\.bitPattern)) }
      }
    }
  }

  /// One call without plans of the caller's does the same.
  @Test func theFunctionsAreThePlans() throws {
    let modifier = ScoreRule.sine.modifier
    let call = try AttentionGradientCall(AttentionProblem(batch: 2, queryHeads: 2, queryLength: 12, headDimension: 8))
    let expected = try call.passes(ExecutionContext.standard(), modifier: modifier)
    let kept = try AttentionSavedTensors(for: call.problem)
    var output = [Float](repeating: .nan, count: call.forward.queries.count)
    try attention(
      call.problem, modifier: modifier, queries: call.forward.queries.span, keys: call.forward.keys.span,
      values: call.forward.values.span, output: output.mutableSpan, keeping: kept)
    var queries = output
    var keys = output
    var values = output
    try attentionGradients(
      call.problem, modifier: modifier, queries: call.forward.queries.span, keys: call.forward.keys.span,
      values: call.forward.values.span, output: output.span, kept: kept, outputGradient: call.outputGradient.span,
      queriesGradient: queries.mutableSpan, keysGradient: keys.mutableSpan, valuesGradient: values.mutableSpan)
    #expect(output == expected.forward.output)
    let gradients = expected.gradients
    #expect([queries, keys, values] == [gradients.queries, gradients.keys, gradients.values])
  }

  /// A modifier's notes take 8 KiB of a thread at most, forward.
  @Test func aModifierTakesLittle() throws {
    let (modifier, context) = (ScoreRule.sine.modifier, ExecutionContext(pool: try WorkerPool(threadCount: 1)))
    for keys in [1, 33, 64, 65, 112, 129, 150, 193, 257, 513, 4096] {
      for queries in [1, 9, 500] {
        let problem = AttentionProblem(
          batch: 1, queryHeads: 1, queryLength: queries, keyLength: keys, headDimension: 64)
        let (plain, modified) = (
          try AttentionPlan(for: problem, context: context),
          try AttentionPlan(for: problem, modifier: modifier, context: context)
        )
        let more = modified.workspaceBytes - plain.workspaceBytes
        #expect(more > 0 && more <= 8 << 10, "\(queries) queries, \(keys) keys: \(more)")
      }
    }
  }
}
