import Tessera
import Testing

extension BadInputTests {
  /// Forward takes any modifier; backward one that has a derivative, or only hides.
  @Test func attentionModifiers() throws {
    let problem = AttentionProblem(batch: 1, queryHeads: 1, queryLength: 2, headDimension: 4)
    let modifiers: [AttentionScoreModifier] = [
      AttentionScoreModifier { run in run[run.keys.lowerBound] += 1 },
      .scores { score, _, _, _, _ in score + 1 },
    ]
    for modifier in modifiers {
      _ = try AttentionPlan(for: problem, modifier: modifier, context: context)
      expectError("attention-gradients", "modifier") {
        _ = try AttentionGradientPlan(for: problem, modifier: modifier, context: context)
      }
    }
    for modifier in [
      ScoreRule.sine.modifier, .hiding { _ in }, .mask { _, _, _, _ in true },
      .scores({ score, _, _, _, _ in score }, derivative: { _, _, _, _, _ in 1 }),
    ] as [AttentionScoreModifier] {
      _ = try AttentionGradientPlan(for: problem, modifier: modifier, context: context)
    }
    var bad = problem
    bad.softcap = -1
    expectError("attention", "softcap") {
      _ = try AttentionPlan(for: bad, modifier: ScoreRule.sine.modifier, context: context)
    }
  }
}
