import Tessera
import Testing

/// The example of attention's training step is compiled and run here, and must be the same text in docs/attention.md.
@Suite struct AttentionTrainingExampleTests {
  @Test func theExampleRuns() throws {
    // README begins
    // Three sequences of 100, 40 and 60 tokens in one list. The first is two documents, which begin at 0 and 64.
    let (tokens, heads, width) = (200, 4, 32)
    var problem = AttentionProblem(packed: [100, 40, 60], queryHeads: heads, headDimension: width)
    problem.mask = .causal()
    problem.documentStarts = [[0, 64], [], []]
    (problem.slopes, problem.hasSinks) = (.perHead, true)
    // A bias that is learned: each head's of 100 × 100, the longest sequence's, is shared by the sequences.
    problem.bias = BatchedMatrixLayout(scoresOf: problem, broadcastingBatch: true)
    problem.gradients.bias = problem.bias
    // Without it there is nothing to go back from.
    problem.writesLogSumExp = true

    // [tokens, heads, width] each; a slope and a sink for each head.
    let queries = (0..<tokens * heads * width).map { Float($0 % 7) / 7 }
    let keys = (0..<tokens * heads * width).map { Float($0 % 5) / 5 }
    let values = (0..<tokens * heads * width).map { Float($0 % 11) / 11 }
    let bias = [Float](repeating: 0.1, count: heads * 100 * 100)
    let slopes: [Float] = [0.25, 0.0625, 0.015625, 0.00390625]
    let sinks = [Float](repeating: 0, count: heads)

    // Plans are made once and run in every step.
    let forward = try AttentionPlan(for: problem)
    let backward = try AttentionGradientPlan(for: problem)
    let kept = try AttentionSavedTensors(for: problem)
    let parameters = try AttentionParameterGradients(for: problem)

    var output = [Float](repeating: 0, count: queries.count)
    try forward.run(
      queries: queries.span, keys: keys.span, values: values.span, bias: bias.span, slopes: slopes.span,
      sinks: sinks.span, output: output.mutableSpan, keeping: kept)

    // Of a loss that is half the sum of squares, the output is its own gradient.
    let outputGradient = output
    var (queriesGradient, keysGradient, valuesGradient) = (output, output, output)
    try backward.run(
      queries: queries.span, keys: keys.span, values: values.span, bias: bias.span, slopes: slopes.span,
      sinks: sinks.span, output: output.span, kept: kept, outputGradient: outputGradient.span,
      queriesGradient: queriesGradient.mutableSpan, keysGradient: keysGradient.mutableSpan,
      valuesGradient: valuesGradient.mutableSpan, parameters: parameters)
    let (biasGradient, sinksGradient) = (Array(parameters.bias.elements), Array(parameters.sinks.elements))
    // README ends

    // A document's first token sees itself alone: its query has no gradient but for what the sink takes.
    for head in 0..<heads {
      for first in [0, 64, 100, 140] {
        let start = (first * heads + head) * width
        for column in start..<start + width { #expect(output[column] >= 0 && output[column] < values[column] + 1e-6) }
      }
    }
    for gradient in [queriesGradient, keysGradient, valuesGradient, biasGradient, sinksGradient] {
      let isSome = gradient.allSatisfy { $0.isFinite } && gradient.contains { $0 != 0 }
      #expect(isSome)
    }
    // Outputs become smaller where the sink takes more.
    #expect(sinksGradient.allSatisfy { $0 < 0 })
    #expect(biasGradient.count == 4 * 100 * 100 && biasGradient[1] == 0)
  }

  @Test func thePageShowsIt() throws { try expectExample(of: #filePath, in: "docs/attention.md") }
}
