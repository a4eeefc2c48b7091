import Tessera
import Testing

/// The page's example of a modifier is compiled and run here, and must be the same text there.
@Suite struct AttentionModifierExampleTests {
  @Test func theExampleRuns() throws {
    // README begins
    // Two documents of 40 and 24 tokens in one sequence. Tokens see their own, and what is far away is flattened.
    let modifier = AttentionScoreModifier { run in
      for key in run.keys {
        let isOfItsDocument = (key < 40) == (run.query < 40)
        run[key] = isOfItsDocument ? run[key] / (1 + 0.1 * Float(run.position - key)) : -.infinity
      }
    } differentiate: { run in
      for key in run.keys { run[key] /= 1 + 0.1 * Float(run.position - key) }
    }

    var problem = AttentionProblem(batch: 1, queryHeads: 2, queryLength: 64, headDimension: 32)
    (problem.mask, problem.writesLogSumExp) = (.causal(), true)
    let numbers = (0..<2 * 64 * 32).map { Float($0 % 13) / 13 }
    var output = [Float](repeating: 0, count: numbers.count)
    let kept = try AttentionSavedTensors(for: problem)
    let forward = try AttentionPlan(for: problem, modifier: modifier)
    try forward.run(
      queries: numbers.span, keys: numbers.span, values: numbers.span, output: output.mutableSpan, keeping: kept)

    var (queries, keys, values) = (output, output, output)
    let backward = try AttentionGradientPlan(for: problem, modifier: modifier)
    try backward.run(
      queries: numbers.span, keys: numbers.span, values: numbers.span, output: output.span, kept: kept,
      outputGradient: numbers.span, queriesGradient: queries.mutableSpan, keysGradient: keys.mutableSpan,
      valuesGradient: values.mutableSpan)
    // README ends

    // The first token of either document sees itself alone.
    for first in [0, 40] {
      for row in [first, 64 + first] {
        for column in row * 32..<(row + 1) * 32 {
          #expect(abs(output[column] - numbers[column]) < 1e-6 && abs(queries[column]) < 1e-5)
        }
      }
    }
    for gradient in [queries, keys, values] {
      let isSome = gradient.allSatisfy { $0.isFinite } && gradient.contains { $0 != 0 }
      #expect(isSome)
    }
  }

  @Test func thePageShowsIt() throws { try expectExample(of: #filePath, in: "docs/attention.md") }
}
