import Foundation
import Tessera
import Testing

/// The README's encoder layer is compiled and run here, and must be the same text there.
@Suite struct EncoderLayerExampleTests {
  @Test func theExampleRuns() throws {
    // README begins
    // Two sequences with room for 64 tokens; the second has 40 and padding.
    var problem = EncoderLayerProblem(batch: 2, length: 64, hidden: 256, heads: 4, feedforward: 1024)
    problem.normalization = .pre
    problem.activation = .gelu
    problem.keyLengths = [64, 40]

    // Weights are memory to fill, from a file for instance. Biases and shifts are 0, the norms' weights 1 until then.
    let weights = try EncoderLayerWeights(for: problem)
    for weight in [weights.queryKeyValue, weights.out, weights.linear1, weights.linear2] {
      fillUniform(weight.elements, seed: 1)
    }

    let layer = try EncoderLayer(problem)
    let tokens = (0..<2 * 64 * 256).map { Float($0 % 7) / 7 }
    var output = [Float](repeating: 0, count: tokens.count)
    try layer.run(tokens.span, weights: weights, output: output.mutableSpan)
    // README ends

    #expect(output.allSatisfy { $0.isFinite } && zip(output, tokens).allSatisfy { $0 != $1 })
    #expect(layer.workspaceBytes > 0)
  }

  @Test func theReadmeShowsIt() throws { try expectExample(of: #filePath, in: "README.md") }
}
