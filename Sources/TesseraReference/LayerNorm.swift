import RealModule
import TesseraCore

/// output[r][c] = (input[r][c] − mean[r]) / √(variance[r] + ε) · weight[c] + shift[c]
///
/// The variance is the mean of squared deviations. A row that holds NaN or an infinity is NaN throughout.
public func layerNorm<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  ["output": normalized(call.input("input"), of: call).output]
}

/// output[r] = layerNorm(sum[r]), sum[r][c] = dropout(input[r][c] + bias[c]) + residual[r][c]
///
/// Training drops, and keeps the sum, the mean and 1 / √(variance + ε) of each row; inference does neither.
public func biasDropoutResidualLayerNorm<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let columns = call.extents[.columns]
  let (bias, residual) = (call.input("bias"), call.input("residual"))
  let decisions = DropoutDefinition(call.options)
  let drops = call.options.mode == .training
  let sum: [Scalar] = call.input("input").enumerated().map { index, value in
    let (row, column) = index.quotientAndRemainder(dividingBy: columns)
    let biased = value + bias[column]
    guard drops else { return biased + residual[index] }
    let kept = decisions.keeps(plane: 0, row: row, column: column)
    return (kept ? biased * decisions.keptScale() : 0) + residual[index]
  }
  let result = normalized(sum, of: call)
  guard call.options.mode == .training else { return ["output": result.output] }
  return [
    "output": result.output, "sum": sum, "mean": result.mean, "inverse-deviation": result.inverseDeviation,
  ]
}

private func normalized<Scalar: Real & BinaryFloatingPoint>(
  _ input: [Scalar], of call: ReferenceCall<Scalar>
) -> (output: [Scalar], mean: [Scalar], inverseDeviation: [Scalar]) {
  let (rows, columns) = (call.extents[.rows], call.extents[.columns])
  let (weight, shift) = (call.input("weight"), call.input("shift"))
  let (count, epsilon) = (Scalar(columns), Scalar(call.options.epsilon))
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
