import Tessera
import TesseraReference

/// The backward pass on a call's numbers.
extension EncoderLayerCall {
  /// All gradients by the oracle's names of what they are of. `gradients`: those to add to.
  func backward(
    _ context: ExecutionContext, pass: EncoderLayerBackward? = nil, onto gradients: EncoderLayerGradients? = nil
  ) throws -> [String: [Float]] {
    let layer = try EncoderLayer(problem, context: context)
    let kept = try EncoderLayerSavedTensors(for: problem)
    var output = [Float](repeating: .nan, count: problem.output.touchedRange!.upperBound)
    try layer.run(input.span, weights: weights, output: output.mutableSpan, keeping: kept)
    return try backward(context, kept: kept, pass: pass, onto: gradients)
  }

  func backward(
    _ context: ExecutionContext, kept: EncoderLayerSavedTensors, pass: EncoderLayerBackward? = nil,
    onto earlier: EncoderLayerGradients? = nil
  ) throws -> [String: [Float]] {
    let pass = try pass ?? EncoderLayerBackward(problem, context: context)
    let gradients = try earlier ?? EncoderLayerGradients(for: problem)
    if earlier == nil { for (_, buffer) in Self.named(gradients) { buffer.elements.update(repeating: .nan) } }
    var placed = [Float](repeating: .nan, count: problem.output.touchedRange!.upperBound)
    for (index, number) in outputGradient.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: problem.hidden)
      placed[problem.output.offset + row * problem.output.rowStride + column] = number
    }
    var ofInput = [Float](repeating: .nan, count: problem.input.touchedRange!.upperBound)
    try pass.run(
      placed.span, input: input.span, weights: weights, kept: kept, inputGradient: ofInput.mutableSpan,
      gradients: gradients, accumulates: earlier != nil)
    var results = Self.named(gradients).mapValues { Array($0.elements) }
    results["input"] = (0..<problem.input.rows).flatMap { row in
      (0..<problem.hidden).map { ofInput[problem.input.offset + row * problem.input.rowStride + $0] }
    }
    return results
  }

  static func named(_ gradients: EncoderLayerGradients) -> [String: AlignedBuffer<Float>] {
    [
      "qkv-weight": gradients.queryKeyValue, "qkv-bias": gradients.queryKeyValueBias,
      "out-weight": gradients.out, "out-bias": gradients.outBias, "linear-1-weight": gradients.linear1,
      "linear-1-bias": gradients.linear1Bias, "linear-2-weight": gradients.linear2,
      "linear-2-bias": gradients.linear2Bias, "norm-1-weight": gradients.norm1Weight,
      "norm-1-shift": gradients.norm1Shift, "norm-2-weight": gradients.norm2Weight,
      "norm-2-shift": gradients.norm2Shift,
    ]
  }

  /// The oracle's gradients, or those of the naive computation.
  func referenceGradients<Scalar: BinaryFloatingPoint>(
    _ gradients: (ReferenceEncoderLayer, [String: [Scalar]], [Scalar]) -> [String: [Scalar]]
  ) -> [String: [Scalar]] {
    let upstream = outputGradient.map { Scalar($0) }
    return reference { (layer, inputs: [String: [Scalar]]) in gradients(layer, inputs, upstream) }
  }
}
