import RealModule
import TesseraCore

/// output[r][c] = (input[r][c] − mean[r]) / √(variance[r] + ε) · weight[c] + shift[c]
///
/// The variance is the mean of squared deviations. A row that holds NaN or an infinity is NaN throughout.
public func layerNorm<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  ["output": normalized(call.input("input"), of: call).output]
}

/// output[r][c] = input[r][c] / √(mean(input[r]²) + ε) · weight[c]; training keeps 1 / √(mean(input[r]²) + ε).
public func rmsNorm<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let result = dividedByRootMeanSquare(call.input("input"), of: call)
  guard call.request.mode == .training else { return ["output": result.output] }
  return ["output": result.output, "inverse-root-mean-square": result.inverse]
}

/// output[r] = layerNorm(sum[r]), sum[r][c] = dropout(input[r][c] + bias[c]) + residual[r][c]
///
/// Training drops, and keeps the sum, the mean and 1 / √(variance + ε) of each row; inference does neither, but may
/// return the sum.
public func biasDropoutResidualLayerNorm<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let sum = residualSum(call)
  let result = normalized(sum, of: call)
  var outputs = ["output": result.output]
  if call.request.mode == .training || call.request.returnsSum { outputs["sum"] = sum }
  if call.request.mode == .training {
    (outputs["mean"], outputs["inverse-deviation"]) = (result.mean, result.inverseDeviation)
  }
  return outputs
}

/// The same with RMS norm.
public func biasDropoutResidualRMSNorm<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let sum = residualSum(call)
  let result = dividedByRootMeanSquare(sum, of: call)
  var outputs = ["output": result.output]
  if call.request.mode == .training || call.request.returnsSum { outputs["sum"] = sum }
  if call.request.mode == .training { outputs["inverse-root-mean-square"] = result.inverse }
  return outputs
}

/// dropout(input[r][c] + bias[c]) + residual[r][c]; nothing is added where the call has no bias, and nothing dropped in
/// inference.
private func residualSum<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [Scalar] {
  let columns = call.extents[.columns]
  let (bias, residual) = (call.inputs["bias"], call.input("residual"))
  let decisions = DropoutDefinition(call.request)
  return call.input("input").enumerated().map { index, value in
    let (row, column) = index.quotientAndRemainder(dividingBy: columns)
    let biased = bias.map { value + $0[column] } ?? value
    guard call.request.mode == .training else { return biased + residual[index] }
    let kept = decisions.keeps(plane: 0, row: row, column: column)
    return (kept ? biased * decisions.keptScale() : 0) + residual[index]
  }
}

private func dividedByRootMeanSquare<Scalar: Real & BinaryFloatingPoint>(
  _ input: [Scalar], of call: ReferenceCall<Scalar>
) -> (output: [Scalar], inverse: [Scalar]) {
  let (rows, columns) = (call.extents[.rows], call.extents[.columns])
  let weight = call.input("weight")
  var (output, inverses): ([Scalar], [Scalar]) = ([], [])
  for row in 0..<rows {
    let values = input[row * columns..<(row + 1) * columns]
    var squares: Scalar = 0
    for value in values { squares += value * value }
    // Of no columns the mean square is 0.
    let meanSquare = columns == 0 ? 0 : squares / Scalar(columns)
    let root = (meanSquare + Scalar(call.request.epsilon)).squareRoot()
    for (column, value) in values.enumerated() { output.append(value / root * weight[column]) }
    inverses.append(1 / root)
  }
  return (output, inverses)
}

private func normalized<Scalar: Real & BinaryFloatingPoint>(
  _ input: [Scalar], of call: ReferenceCall<Scalar>
) -> (output: [Scalar], mean: [Scalar], inverseDeviation: [Scalar]) {
  let (rows, columns) = (call.extents[.rows], call.extents[.columns])
  let (weight, shift) = (call.input("weight"), call.input("shift"))
  let (count, epsilon) = (Scalar(columns), Scalar(call.request.epsilon))
  var (output, means, inverseDeviations): ([Scalar], [Scalar], [Scalar]) = ([], [], [])
  for row in 0..<rows {
    let values = input[row * columns..<(row + 1) * columns]
    var sum: Scalar = 0
    for value in values { sum += value }
    // Of no columns the mean and the variance are 0.
    let mean = columns == 0 ? 0 : sum / count
    var squares: Scalar = 0
    for value in values { squares += (value - mean) * (value - mean) }
    let variance = columns == 0 ? 0 : squares / count
    let inverseDeviation = 1 / (variance + epsilon).squareRoot()
    for (column, value) in values.enumerated() {
      output.append((value - mean) * inverseDeviation * weight[column] + shift[column])
    }
    means.append(mean)
    inverseDeviations.append(inverseDeviation)
  }
  return (output, means, inverseDeviations)
}
