import RealModule
import TesseraCore

/// output[r][c] = activation(input[r][c])
public func activation<Scalar: Real & BinaryFloatingPoint>(
  _ activation: Activation, _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  ["output": call.input("input").map { activated($0, activation) }]
}

/// output[r][c] = activation(gate[r][c]) · up[r][c]
public func gatedActivation<Scalar: Real & BinaryFloatingPoint>(
  _ activation: Activation, _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  ["output": zip(call.input("gate"), call.input("up")).map { activated($0, activation) * $1 }]
}

/// The activation of one number. NaN stays NaN; at −∞ each has its limit, 0.
func activated<Scalar: Real & BinaryFloatingPoint>(_ x: Scalar, _ activation: Activation) -> Scalar {
  guard x != -.infinity else { return 0 }
  switch activation {
  case .relu: return x <= 0 ? 0 : x
  // 1 + erf(z) = erfc(−z), without the cancellation where z is far below 0.
  case .gelu: return x / 2 * Scalar.erfc(-x / Scalar.sqrt(2))
  case .geluTanh: return x / 2 * (1 + Scalar.tanh(Scalar.sqrt(2 / .pi) * (x + Scalar(0.044715) * x * x * x)))
  case .silu: return x / (1 + Scalar.exp(-x))
  }
}
