import RealModule
import TesseraCore

/// The backward pass of an encoder layer, composed of the gradients of the oracle's unfused operators.
extension ReferenceEncoderLayer {
  /// The gradients of the input and of each parameter, by the inputs' names, from that of the output: inputs as
  /// `results(_:)` has them, gradient by rows without gaps.
  public func gradients<Scalar: Real & BinaryFloatingPoint>(
    _ inputs: [String: [Scalar]], outputGradient: [Scalar]
  ) -> [String: [Scalar]] {
    var pass = ReferenceEncoderLayerBackward(layer: self, inputs: inputs, results: results(inputs))
    return pass.run(outputGradient)
  }
}

private struct ReferenceEncoderLayerBackward<Scalar: Real & BinaryFloatingPoint> {
  let layer: ReferenceEncoderLayer
  let inputs: [String: [Scalar]]
  /// The forward pass's.
  let results: [String: [Scalar]]
  private var gradients: [String: [Scalar]] = [:]

  init(layer: ReferenceEncoderLayer, inputs: [String: [Scalar]], results: [String: [Scalar]]) {
    (self.layer, self.inputs, self.results) = (layer, inputs, results)
  }

  mutating func run(_ outputGradient: [Scalar]) -> [String: [Scalar]] {
    let (hidden, inner, isPre) = (layer.hidden, layer.feedforward, layer.isPreNorm)
    // What lies on both ways around a half is added where they part.
    let sum2 = isPre ? outputGradient : norm(outputGradient, 2, of: results["after-feedforward"]!)
    let branch2 = layer.dropped(sum2, columns: hidden, place: 3)
    gradients["linear-2-bias"] = columnSums(branch2, columns: hidden).sums
    let fed = map(branch2, "linear-2", of: results["activated"]!, columns: hidden, depth: inner)
    let bias1 = inputs["linear-1-bias"]!
    let active = layer.dropped(fed, columns: inner, place: 2).enumerated().map { index, gradient in
      let before = results["activation-input"]![index] + bias1[index % inner]
      return gradient * derivative(before, layer.problem.activation)
    }
    gradients["linear-1-bias"] = columnSums(active, columns: inner).sums
    let half = map(active, "linear-1", of: results["feedforward-input"]!, columns: inner, depth: hidden)
    let sum1 =
      isPre
      ? added(norm(half, 2, of: results["after-attention"]!), sum2)
      : norm(added(half, sum2), 1, of: results["after-attention"]!)
    let branch1 = layer.dropped(sum1, columns: hidden, place: 1)
    gradients["out-bias"] = columnSums(branch1, columns: hidden).sums
    let attended = map(branch1, "out", of: results["attended"]!, columns: hidden, depth: hidden)
    let joint = attentionGradient(attended)
    gradients["qkv-bias"] = columnSums(joint, columns: 3 * hidden).sums
    let projected = map(joint, "qkv", of: results["attention-input"]!, columns: 3 * hidden, depth: hidden)
    gradients["input"] = added(isPre ? norm(projected, 1, of: inputs["input"]!) : projected, sum1)
    return gradients
  }

  private func added(_ left: [Scalar], _ right: [Scalar]) -> [Scalar] { zip(left, right).map { $0 + $1 } }

  /// The gradient of a map's input; keeps that of its weights.
  private mutating func map(
    _ gradient: [Scalar], _ name: String, of input: [Scalar], columns: Int, depth: Int
  ) -> [Scalar] {
    let extents: Extents = [.rows: layer.tokens, .columns: columns, .depth: depth]
    var request = OperatorRequest(extents: extents)
    request.hasBias = false
    let weight = name + "-weight"
    gradients[weight] =
      linearWeightGradient(
        ReferenceCall(request, inputs: ["output-gradient": gradient, "input": input]))["weight-gradient"]
    return linearInputGradient(
      ReferenceCall(request, inputs: ["output-gradient": gradient, "weight": inputs[weight]!]))["input-gradient"]!
  }

  /// The gradient of what a norm normalises, by the row's statistics; keeps those of its parameters.
  private mutating func norm(_ gradient: [Scalar], _ place: Int, of sum: [Scalar]) -> [Scalar] {
    let columns = layer.hidden
    let count = Scalar(columns)
    let weight = inputs["norm-\(place)-weight"]!
    var ofWeight = [Scalar](repeating: 0, count: columns)
    var ofSum: [Scalar] = []
    for row in 0..<layer.tokens {
      let values = sum[row * columns..<(row + 1) * columns]
      let mean = values.reduce(0, +) / count
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      let inverse = 1 / (variance + Scalar(layer.problem.epsilon)).squareRoot()
      let normalized = values.map { ($0 - mean) * inverse }
      let incoming = gradient[row * columns..<(row + 1) * columns]
      let scaled = zip(incoming, weight).map { $0 * $1 }
      let scaledMean = scaled.reduce(0, +) / count
      let productMean = zip(scaled, normalized).reduce(0) { $0 + $1.0 * $1.1 } / count
      for (column, value) in incoming.enumerated() {
        ofWeight[column] += value * normalized[column]
        ofSum.append(inverse * (scaled[column] - scaledMean - normalized[column] * productMean))
      }
    }
    gradients["norm-\(place)-weight"] = ofWeight
    gradients["norm-\(place)-shift"] = columnSums(gradient, columns: columns).sums
    return ofSum
  }

  /// The gradient of the joint map's result, as its rows of 3I, from that of attention's result by token rows.
  private func attentionGradient(_ gradient: [Scalar]) -> [Scalar] {
    let (heads, length) = (layer.problem.heads, layer.problem.length)
    let width = layer.hidden / heads
    var operands = layer.heads(results["query-key-value"]!)
    let tokens = layer.tokens
    /// From rows of tokens to [B, H, L, P].
    func byHead(_ rows: [Scalar]) -> [Scalar] {
      (0..<tokens * layer.hidden).map { index in
        let (line, column) = index.quotientAndRemainder(dividingBy: width)
        let (plane, token) = line.quotientAndRemainder(dividingBy: length)
        return rows[(plane / heads * length + token) * layer.hidden + plane % heads * width + column]
      }
    }
    operands["output"] = byHead(results["attended"]!)
    operands["log-sum-exp"] = results["log-sum-exp"]!
    operands["output-gradient"] = byHead(gradient)
    let parts = attentionGradients(ReferenceCall(OperatorRequest(attention: layer.attending), inputs: operands))
    var joint = [Scalar](repeating: 0, count: tokens * 3 * layer.hidden)
    for (part, name) in ["queries", "keys", "values"].enumerated() {
      for (index, value) in parts[name + "-gradient"]!.enumerated() {
        let (line, column) = index.quotientAndRemainder(dividingBy: width)
        let (plane, token) = line.quotientAndRemainder(dividingBy: length)
        let row = plane / heads * length + token
        joint[row * 3 * layer.hidden + part * layer.hidden + plane % heads * width + column] = value
      }
    }
    return joint
  }
}
