import Tessera
import Testing

/// The example of steps over several layers is compiled and run here, and must be the same text in
/// docs/encoder-layer.md.
@Suite struct EncoderLayerStepsExampleTests {
  @Test func theExampleRuns() throws {
    // README begins
    var problem = EncoderLayerProblem(
      batch: 2, length: 16, hidden: 64, heads: 4, feedforward: 128, mode: .training)
    (problem.activation, problem.recomputesActivated) = (.gelu, true)
    problem.dropout = try Dropout(probability: 0.1, seed: 42)

    // Three layers: each has parameters, gradients and what it keeps; one plan either way serves all.
    let depth = 3
    let (layer, pass) = (try EncoderLayer(problem), try EncoderLayerBackward(problem))
    let weights = try (0..<depth).map { _ in try EncoderLayerWeights(for: problem) }
    let gradients = try (0..<depth).map { _ in try EncoderLayerGradients(for: problem) }
    let kept = try (0..<depth).map { _ in try EncoderLayerSavedTensors(for: problem) }
    for (index, own) in weights.enumerated() {
      for weight in [own.queryKeyValue, own.out, own.linear1, own.linear2] {
        fillUniform(weight.elements, seed: UInt64(index))
      }
    }
    let tokens = (0..<2 * 16 * 64).map { Float($0 % 7) / 7 }

    for step in 0..<2 {
      // Four offsets are a layer's, so that no two draw alike, in this step or another.
      func offset(_ index: Int) -> UInt32 { UInt32(4 * (step * depth + index)) }

      // What each layer reads, and the output of the last.
      var (inputs, stream) = ([[Float]](), tokens)
      for index in 0..<depth {
        var output = stream
        try layer.setDropoutOffset(offset(index))
        try layer.run(stream.span, weights: weights[index], output: output.mutableSpan, keeping: kept[index])
        inputs.append(stream)
        stream = output
      }

      // Of a loss that is half the sum of squares, the output is its own gradient.
      var gradient = stream
      for index in (0..<depth).reversed() {
        let input = inputs[index]
        var inputGradient = input
        try pass.setDropoutOffset(offset(index))
        try pass.run(
          gradient.span, input: input.span, weights: weights[index], kept: kept[index],
          inputGradient: inputGradient.mutableSpan, gradients: gradients[index])
        gradient = inputGradient
      }
      for (own, gradients) in zip(weights, gradients) {
        for (element, gradient) in gradients.linear2.elements.enumerated() {
          own.linear2.elements[element] -= 1e-4 * gradient
        }
      }
    }
    // README ends

    for gradients in gradients {
      let elements = gradients.queryKeyValue.elements
      #expect(elements.allSatisfy { $0.isFinite } && elements.contains { $0 != 0 })
    }
    #expect(kept[0].activated == nil && layer.problem.dropout?.offset == 20 && pass.problem.dropout?.offset == 12)
  }

  @Test func thePageShowsIt() throws { try expectExample(of: #filePath, in: "docs/encoder-layer.md") }
}
