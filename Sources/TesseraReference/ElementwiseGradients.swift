import RealModule
import TesseraCore

/// inputGradient[p][r][c] = activation′(input[p][r][c] + bias[c]) · dropout(outputGradient[p][r][c]), and
/// biasGradient[c] = Σ inputGradient[p][r][c]; inference does not drop.
///
/// Of ReLU the forward call's output stands for its input: the gradient is kept where the output is above 0, and
/// nowhere where all is dropped.
public func biasActivationDropoutGradient<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (rows, columns) = (call.extents[.rows], call.extents[.columns])
  let activation = call.request.activation
  let decisions = DropoutDefinition(call.request)
  let drops = call.request.mode == .training
  let scale: Scalar = drops ? decisions.keptScale() : 1
  var result: [Scalar] = []
  for (index, gradient) in call.input("output-gradient").enumerated() {
    let (line, column) = index.quotientAndRemainder(dividingBy: columns)
    if activation == .relu {
      result.append(scale.isFinite && call.input("output")[index] > 0 ? gradient * scale : 0)
      continue
    }
    let isKept = !drops || decisions.keeps(plane: line / rows, row: line % rows, column: column)
    let slope = derivative(call.input("input")[index] + call.input("bias")[column], activation)
    // Selected, not multiplied: a dropped element's is 0 whatever it held.
    result.append(isKept ? gradient * scale * slope : 0)
  }
  let bias = columnSums(result, columns: columns)
  return [
    "input-gradient": result, "bias-gradient": bias.sums, "bias-gradient-terms": bias.terms,
  ]
}

/// biasGradient[c] = Σ_r outputGradient[r][c]
public func biasGradient<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let sums = columnSums(call.input("output-gradient"), columns: call.extents[.columns])
  return ["bias-gradient": sums.sums, "bias-gradient-terms": sums.terms]
}

/// gate-gradient[r][c] = output-gradient[r][c] · up[r][c] · activation′(gate[r][c]), of ReLU 0 wherever the gate is not
/// above 0, and up-gradient[r][c] = output-gradient[r][c] · activation(gate[r][c]).
///
/// `gate-gradient-terms` are |output-gradient[r][c] · up[r][c]|: slopes are differences of numbers up to about 1.
public func gatedActivationGradient<Scalar: Real & BinaryFloatingPoint>(
  _ activation: Activation, _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (gate, up) = (call.input("gate"), call.input("up"))
  var (ofGate, ofUp, terms) = ([Scalar](), [Scalar](), [Scalar]())
  for (index, gradient) in call.input("output-gradient").enumerated() {
    let product = gradient * up[index]
    let hasNoSlope = activation == .relu && !(gate[index] > 0)
    ofGate.append(hasNoSlope ? 0 : product * derivative(gate[index], activation))
    ofUp.append(gradient * activated(gate[index], activation))
    terms.append(product.magnitude)
  }
  return ["gate-gradient": ofGate, "up-gradient": ofUp, "gate-gradient-terms": terms]
}

/// The slope of an activation at one number; at the infinities each has its limit. ReLU's at 0 is 0.
func derivative<Scalar: Real & BinaryFloatingPoint>(_ x: Scalar, _ activation: Activation) -> Scalar {
  if x.isInfinite { return x > 0 ? 1 : 0 }
  switch activation {
  case .relu: return x > 0 ? 1 : 0
  case .gelu:
    let density = Scalar.exp(-x * x / 2) / Scalar.sqrt(2 * .pi)
    return Scalar.erfc(-x / Scalar.sqrt(2)) / 2 + x * density
  case .geluTanh:
    let factor = Scalar.sqrt(2 / .pi)
    let tangent = Scalar.tanh(factor * (x + Scalar(0.044715) * x * x * x))
    let inner = factor * (1 + 3 * Scalar(0.044715) * x * x)
    // 1 − tanh², which is 0 where the tangent is 1 and the other factor grows without bound.
    let slope = (1 - tangent) * (1 + tangent)
    return (1 + tangent) / 2 + (slope == 0 ? 0 : x / 2 * slope * inner)
  case .silu:
    let sigmoid = 1 / (1 + Scalar.exp(-x))
    return sigmoid * (1 + x / (1 + Scalar.exp(x)))
  }
}
