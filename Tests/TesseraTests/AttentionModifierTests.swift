import Foundation
import Synchronization
import Tessera
import Testing

/// A caller's modifiers and masks, by the options that say the same: both passes, on every variant, for few rows, many,
/// split keys.
@Suite struct AttentionModifierTests {
  static let paths =
    AttentionPath.all + InstructionSet.available.map { AttentionPath(set: $0, queries: 20, keys: 2200) }

  @Test func keysOfManyRowsAreSplit() {
    #expect(Self.paths.map { AttentionPartition($0.problem()).keyRanges > 1 }.suffix(1) == [true])
  }

  /// To the bit: what is hidden key by key has the products that a mask has, and the scale stays where it is.
  @Test(arguments: paths) func aClosureThatHidesIsTheBooleanMask(path: AttentionPath) throws {
    let dropout = try Dropout(probability: 0.2, seed: 5)
    for rule in [ScoreRule.holes, .documents] {
      for mask in [.full, .causal()] as [AttentionMask] {
        let call = try AttentionGradientCall(path.problem { ($0.mask, $0.dropout) = (mask, dropout) })
        var masked = try AttentionGradientCall(
          path.problem {
            ($0.mask, $0.dropout) = (mask, dropout)
            $0.booleanMask = BatchedMatrixLayout(scoresOf: $0)
          })
        for plane in 0..<8 {
          for query in 0..<path.queries {
            for key in 0..<path.keys {
              let place = (plane * path.queries + query) * path.keys + key
              masked.forward.mask![place] = rule.isVisible(plane / 4, plane % 4, query, key) ? 1 : 0
            }
          }
        }
        let (actual, expected) = (
          try call.passes(path.context, modifier: rule.modifier), try masked.passes(path.context)
        )
        #expect(actual == expected, "\(rule), \(mask)")
      }
    }
  }

  @Test(arguments: paths) func aClosureThatHidesTheFutureIsTheCausalMask(path: AttentionPath) throws {
    let start = path.keys - path.queries
    let future = AttentionScoreModifier.hiding { run in
      for key in run.keys where key > run.position { run[key] = -.infinity }
    }
    let (actual, byKey, expected) = (
      try AttentionGradientCall(path.problem()).passes(path.context, modifier: future),
      try AttentionGradientCall(path.problem()).passes(
        path.context, modifier: .mask { _, _, query, key in key <= start + query }),
      try AttentionGradientCall(path.problem { $0.mask = .causal() }).passes(path.context)
    )
    #expect(actual == byKey)
    expectNear(actual, expected, tolerance: 4e-6, gradients: 2e-5)
  }

  @Test(arguments: paths) func distancesAreSlopes(path: AttentionPath) throws {
    let slopes: [Float] = [0.25, 0.0625, 0.125, 0.5]
    let fading = AttentionScoreModifier { run in
      for key in run.keys { run[key] -= slopes[run.head] * Float(abs(run.position - key)) }
    } differentiate: { _ in
    }
    var sloping = try AttentionGradientCall(path.problem { ($0.mask, $0.slopes) = (.causal(), .perHead) })
    sloping.forward.slopes = slopes
    let call = try AttentionGradientCall(path.problem { $0.mask = .causal() })
    var (actual, expected) = (
      try call.passes(path.context, modifier: fading), try sloping.passes(path.context)
    )
    (actual.gradients.slopes, expected.gradients.slopes) = ([], [])
    // The rounding of scores of some hundreds.
    expectNear(actual, expected, tolerance: 1e-4, gradients: 2e-4)
  }

  @Test(arguments: paths) func aBoundIsTheSoftcap(path: AttentionPath) throws {
    let bound = AttentionScoreModifier.scores(
      { score, _, _, _, _ in tanh(score / 0.5) * 0.5 },
      derivative: { score, _, _, _, _ in 1 - tanh(score / 0.5) * tanh(score / 0.5) })
    let (actual, expected) = (
      try AttentionGradientCall(path.problem()).passes(path.context, modifier: bound),
      try AttentionGradientCall(path.problem { $0.softcap = 0.5 }).passes(path.context)
    )
    expectNear(actual, expected, tolerance: 4e-6, gradients: 2e-5)
  }

  /// Scores come scaled, bounded and with their bias; twice all that is twice each.
  @Test(arguments: paths) func modifiersComeAfterScaleSoftcapAndBias(path: AttentionPath) throws {
    let twice = AttentionScoreModifier.scores({ score, _, _, _, _ in 2 * score }, derivative: { _, _, _, _, _ in 2 })
    for softcap in [nil, 1.5] as [Float?] {
      func problem(scale: Float, softcap: Float?) -> AttentionProblem {
        path.problem {
          ($0.scale, $0.softcap, $0.bias) = (scale, softcap, BatchedMatrixLayout(scoresOf: $0))
        }
      }
      let call = try AttentionGradientCall(problem(scale: 0.3, softcap: softcap))
      // 2 · cap · tanh(s / cap) has the cap 2 · cap of 2 · s.
      var doubled = try AttentionGradientCall(problem(scale: 0.6, softcap: softcap.map { 2 * $0 }))
      doubled.forward.bias = call.forward.bias!.map { 2 * $0 }
      let (actual, expected) = (try call.passes(path.context, modifier: twice), try doubled.passes(path.context))
      expectNear(actual, expected, tolerance: 1e-5, gradients: 4e-5)
    }
  }

  /// Each pair that positions and lengths let be seen is handed over once by either pass, and no other.
  @Test(arguments: paths) func everyVisiblePairIsHandedOverOnce(path: AttentionPath) throws {
    final class Seen: Sendable {
      let pairs: Mutex<[Int]>
      init(count: Int) { pairs = Mutex([Int](repeating: 0, count: count)) }
    }
    let (offsets, lengths) = ([path.keys - path.queries, 1], [path.keys, path.keys - 3])
    let problem = path.problem {
      ($0.mask, $0.queryOffsets, $0.keyLengths) = (.window(left: 30, right: 1), offsets, lengths)
    }
    let count = 8 * path.queries * path.keys
    let (modified, differentiated) = (Seen(count: count), Seen(count: count))
    @Sendable func place(_ sequence: Int, _ head: Int, _ query: Int) -> Int {
      ((sequence * 4 + head) * path.queries + query) * path.keys
    }
    let modifier = AttentionScoreModifier { run in
      let (row, keys) = (place(run.sequence, run.head, run.query), run.keys)
      let isPlaced = run.position == offsets[run.sequence] + run.query
      modified.pairs.withLock { pairs in for key in keys { pairs[row + key] += isPlaced ? 1 : 2 } }
    } differentiate: { run in
      let (row, keys) = (place(run.sequence, run.head, run.query), run.keys)
      let isPlaced = run.position == offsets[run.sequence] + run.query
      differentiated.pairs.withLock { pairs in for key in keys { pairs[row + key] += isPlaced ? 1 : 2 } }
    }
    let call = try AttentionGradientCall(problem)
    let (actual, expected) = (
      try call.passes(path.context, modifier: modifier), try call.passes(path.context)
    )
    expectNear(actual, expected, tolerance: 4e-6, gradients: 2e-5)
    var once = [Int](repeating: 0, count: count)
    for plane in 0..<8 {
      for query in 0..<path.queries {
        let (sequence, position) = (plane / 4, offsets[plane / 4] + query)
        for key in 0..<lengths[sequence] where key >= position - 30 && key <= position + 1 {
          once[place(sequence, plane % 4, query) + key] = 1
        }
      }
    }
    // Backward makes the scores again.
    let (forwardAndBackward, derivatives) = (modified.pairs.withLock { $0 }, differentiated.pairs.withLock { $0 })
    #expect(forwardAndBackward == once.map { 2 * $0 })
    #expect(derivatives == once)
  }
}
