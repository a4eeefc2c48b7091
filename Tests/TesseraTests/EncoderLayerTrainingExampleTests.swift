import Foundation
import Tessera
import Testing

/// The example of docs/encoder-layer.md is compiled and run here, and must be the same text there.
@Suite struct EncoderLayerTrainingExampleTests {
  @Test func theExampleRuns() throws {
    // README begins
    var problem = EncoderLayerProblem(
      batch: 2, length: 64, hidden: 256, heads: 4, feedforward: 1024, mode: .training)
    problem.dropout = try Dropout(probability: 0.1, seed: 42)

    let weights = try EncoderLayerWeights(for: problem)
    for weight in [weights.queryKeyValue, weights.out, weights.linear1, weights.linear2] {
      fillUniform(weight.elements, seed: 1)
    }
    let layer = try EncoderLayer(problem)
    let kept = try EncoderLayerSavedTensors(for: problem)
    let tokens = (0..<2 * 64 * 256).map { Float($0 % 7) / 7 }
    var output = [Float](repeating: 0, count: tokens.count)
    try layer.run(tokens.span, weights: weights, output: output.mutableSpan, keeping: kept)

    // Of a loss that is half the sum of squares, the output is its own gradient.
    let pass = try EncoderLayerBackward(problem)
    let gradients = try EncoderLayerGradients(for: problem)
    var inputGradient = [Float](repeating: 0, count: tokens.count)
    try pass.run(
      output.span, input: tokens.span, weights: weights, kept: kept, inputGradient: inputGradient.mutableSpan,
      gradients: gradients)
    for (index, gradient) in gradients.linear2.elements.enumerated() {
      weights.linear2.elements[index] -= 1e-4 * gradient
    }
    // README ends

    #expect(output.allSatisfy { $0.isFinite } && kept.attended.elements.allSatisfy { $0.isFinite })
    #expect(inputGradient.allSatisfy { $0.isFinite } && inputGradient.contains { $0 != 0 })
    #expect(gradients.linear2.elements.contains { $0 != 0 })
  }

  @Test func theDocumentationShowsIt() throws { try expectExample(of: #filePath, in: "docs/encoder-layer.md") }
}
