import Tessera
import Testing

/// What a layer keeps for its backward pass, and how the pass refuses what another call kept.
extension EncoderLayerCall {
  /// Runs a forward call of the layer for what it keeps.
  func fill(_ kept: EncoderLayerSavedTensors, by layer: EncoderLayer) throws {
    var output = input
    try layer.run(input.span, weights: weights, output: output.mutableSpan, keeping: kept)
  }

  /// Expects that the backward pass refuses these tensors in these words, and writes no gradient.
  func expectRefusal(
    _ context: ExecutionContext, kept: EncoderLayerSavedTensors, pass: EncoderLayerBackward? = nil, expected: String,
    actual: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let gradients = try EncoderLayerGradients(for: problem)
    for (_, buffer) in Self.named(gradients) { buffer.elements.update(repeating: 7) }
    let error = #expect(throws: TesseraError.self, sourceLocation: sourceLocation) {
      _ = try backward(context, kept: kept, pass: pass, onto: gradients)
    }
    let refusal = TesseraError.invalidOperand(
      operation: "encoder-layer-backward", operand: "kept", expected: expected, actual: actual)
    #expect(error == refusal, sourceLocation: sourceLocation)
    let isUntouched = Self.named(gradients).values.allSatisfy { $0.elements.allSatisfy { $0 == 7 } }
    #expect(isUntouched, sourceLocation: sourceLocation)
  }
}
