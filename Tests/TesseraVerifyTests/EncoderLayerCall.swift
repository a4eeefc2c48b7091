import Tessera
import TesseraReference

/// A layer with numbers to run on: unit variance everywhere, so that a result is not swamped by one of its terms.
struct EncoderLayerCall {
  let problem: EncoderLayerProblem
  let weights: EncoderLayerWeights
  var input: [Float]
  /// Numbers in −1 ..< 1, by rows without gaps.
  var outputGradient: [Float]
  private let named: [String: AlignedBuffer<Float>]

  init(_ problem: EncoderLayerProblem, seed: UInt64 = 3) throws {
    self.problem = problem
    weights = try EncoderLayerWeights(for: problem)
    input = [Float](repeating: .nan, count: problem.input.touchedRange!.upperBound)
    outputGradient = [Float](repeating: 0, count: problem.output.rows * problem.hidden)
    named = [
      "qkv-weight": weights.queryKeyValue, "qkv-bias": weights.queryKeyValueBias, "out-weight": weights.out,
      "out-bias": weights.outBias, "linear-1-weight": weights.linear1, "linear-1-bias": weights.linear1Bias,
      "linear-2-weight": weights.linear2, "linear-2-bias": weights.linear2Bias, "norm-1-weight": weights.norm1Weight,
      "norm-1-shift": weights.norm1Shift, "norm-2-weight": weights.norm2Weight, "norm-2-shift": weights.norm2Shift,
    ]
    for (index, name) in named.keys.sorted().enumerated() {
      let elements = named[name]!.elements
      fillUniform(elements, seed: seed ^ UInt64(index + 1) << 48)
      let isMap = name.hasSuffix("weight") && !name.hasPrefix("norm")
      let depth = name == "linear-2-weight" ? problem.feedforward : problem.hidden
      let reach = isMap ? (3 / Float(depth)).squareRoot() : 0.25
      let centre: Float = name.hasPrefix("norm") && name.hasSuffix("weight") ? 1 : 0
      for element in elements.indices { elements[element] = centre + reach * elements[element] }
    }
    var numbers = [Float](repeating: 0, count: problem.input.rows * problem.hidden)
    numbers.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed) }
    for (index, number) in numbers.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: problem.hidden)
      input[problem.input.offset + row * problem.input.rowStride + column] = number * Float(3).squareRoot()
    }
    outputGradient.withUnsafeMutableBufferPointer { fillUniform($0, seed: 91) }
  }

  /// Output by rows without gaps, and what training kept, by the oracle's names. `layer`: one made before, for weights
  /// that are not packed.
  func run(
    _ context: ExecutionContext, layer: EncoderLayer? = nil, packed: Bool = false
  ) throws -> [String: [Float]] {
    let layer = try layer ?? EncoderLayer(problem, weightsArePacked: packed, context: context)
    let kept = problem.mode == .training ? try EncoderLayerSavedTensors(for: problem) : nil
    var output = [Float](repeating: .nan, count: problem.output.touchedRange!.upperBound)
    if packed {
      let weights = try weights.packed(for: problem, context: context)
      try layer.run(input.span, weights: weights, output: output.mutableSpan, keeping: kept)
    } else {
      try layer.run(input.span, weights: weights, output: output.mutableSpan, keeping: kept)
    }
    var results = ["output": rows(output, problem.output)]
    guard let kept else { return results }
    for (name, buffer) in [
      ("attention-input", kept.attentionInput), ("attended", kept.attended),
      ("log-sum-exp", kept.attention.logSumExp), ("after-attention", kept.afterAttention.sum),
      ("feedforward-input", kept.feedforwardInput), ("activation-input", kept.activationInput),
      ("activated", kept.activated), ("after-feedforward", kept.afterFeedforward?.sum),
    ] {
      results[name] = buffer.map { Array($0.elements) }
    }
    results["query-key-value"] = tokenRows(of: kept.queryKeyValue.elements)
    return results
  }

  /// Queries, keys and values, [3, B, H, L, D], as the joint projection has them: [B, L, 3, H, D].
  private func tokenRows(of parts: UnsafeMutableBufferPointer<Float>) -> [Float] {
    let (length, heads, dimension) = (problem.length, problem.heads, problem.hidden / problem.heads)
    return (0..<problem.batch * problem.length * 3 * problem.hidden).map { index in
      let (token, column) = index.quotientAndRemainder(dividingBy: 3 * problem.hidden)
      let (part, inPart) = column.quotientAndRemainder(dividingBy: problem.hidden)
      let plane = (part * problem.batch + token / length) * heads + inPart / dimension
      return parts[(plane * length + token % length) * dimension + inPart % dimension]
    }
  }

  private func rows(_ elements: [Float], _ layout: MatrixLayout) -> [Float] {
    (0..<layout.rows).flatMap { row in
      (0..<layout.columns).map { elements[layout.offset + row * layout.rowStride + $0] }
    }
  }

  /// The oracle's results, or those of the naive computation.
  func reference<Scalar: BinaryFloatingPoint>(
    _ results: (ReferenceEncoderLayer, [String: [Scalar]]) -> [String: [Scalar]]
  ) -> [String: [Scalar]] {
    var inputs = named.mapValues { $0.elements.map { Scalar($0) } }
    inputs["input"] = rows(input, problem.input).map { Scalar($0) }
    return results(ReferenceEncoderLayer(problem), inputs)
  }
}
