import RealModule
import TesseraCore

/// input-gradient[r][k] = Σ_c output-gradient[r][c] · weight[c][k], summed from c = 0 upwards; 0 without columns.
/// `input-gradient-terms` are Σ_c |output-gradient[r][c] · weight[c][k]|.
public func linearInputGradient<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (rows, columns, depth) = (call.extents[.rows], call.extents[.columns], call.extents[.depth])
  let (outputGradient, weight) = (call.input("output-gradient"), call.input("weight"))
  var gradient = [Scalar](repeating: 0, count: rows * depth)
  var terms = gradient
  for row in 0..<rows {
    for column in 0..<columns {
      for k in 0..<depth {
        let term = outputGradient[row * columns + column] * weight[column * depth + k]
        gradient[row * depth + k] += term
        terms[row * depth + k] += term.magnitude
      }
    }
  }
  return ["input-gradient": gradient, "input-gradient-terms": terms]
}

/// weight-gradient[c][k] = Σ_r output-gradient[r][c] · input[r][k] and, where the map has a bias, bias-gradient[c] =
/// Σ_r output-gradient[r][c], both from r = 0 upwards, begun with the earlier gradient of a call in place, else with 0.
/// Of each there are also `-terms`, the sums of what is added without its sign.
public func linearWeightGradient<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (rows, columns, depth) = (call.extents[.rows], call.extents[.columns], call.extents[.depth])
  let (outputGradient, input) = (call.input("output-gradient"), call.input("input"))
  func earlier(_ gradient: String, count: Int) -> [Scalar] {
    call.request.isInPlace ? call.input("earlier-" + gradient) : [Scalar](repeating: 0, count: count)
  }
  var weightGradient = earlier("weight-gradient", count: columns * depth)
  var weightTerms = weightGradient.map(\.magnitude)
  var biasGradient = call.request.hasBias ? earlier("bias-gradient", count: columns) : []
  var biasTerms = biasGradient.map(\.magnitude)
  for row in 0..<rows {
    for column in 0..<columns {
      let factor = outputGradient[row * columns + column]
      for k in 0..<depth {
        let term = factor * input[row * depth + k]
        weightGradient[column * depth + k] += term
        weightTerms[column * depth + k] += term.magnitude
      }
      guard call.request.hasBias else { continue }
      biasGradient[column] += factor
      biasTerms[column] += factor.magnitude
    }
  }
  let ofWeight = ["weight-gradient": weightGradient, "weight-gradient-terms": weightTerms]
  guard call.request.hasBias else { return ofWeight }
  return ofWeight.merging(["bias-gradient": biasGradient, "bias-gradient-terms": biasTerms]) { $1 }
}
