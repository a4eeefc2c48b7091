import RealModule
import TesseraCore

/// The gradient of layer norm with respect to what it normalises, from what the forward call kept:
///
///     residualGradient[r][c] = inverseDeviation[r] · (g[r][c] − mean(g[r]) − x[r][c] · mean(g[r] · x[r]))
///     g = outputGradient · weight,  x = (sum − mean) · inverseDeviation
///
/// plus the gradient that reaches the sum on another way where the request has one; and in training what dropout leaves
/// of it. `…-terms` are the sums of what each element is made of, without signs.
public func biasDropoutResidualLayerNormGradient<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  rowGradients(call, normalized: normalizedValues(call), isCentred: true, inverses: call.input("inverse-deviation"))
}

/// The same of RMS norm, without the mean of g: x = sum · inverseRootMeanSquare.
public func biasDropoutResidualRMSNormGradient<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  rowGradients(
    call, normalized: normalizedValues(call), isCentred: false, inverses: call.input("inverse-root-mean-square"))
}

/// weightGradient[c] = Σ_r outputGradient[r][c] · x[r][c], and of layer norm shiftGradient[c] = Σ_r
/// outputGradient[r][c].
public func normParameterGradients<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  parameterGradients(call, call.input("output-gradient"))
}

/// The same of the sum of two gradients, which is a result too, and the gradient of a bias:
/// biasGradient[c] = Σ_r inputGradient[r][c].
public func residualNormParameterGradients<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let sum = zip(call.input("output-gradient"), call.input("second-gradient")).map { $0 + $1 }
  var results = parameterGradients(call, sum)
  results["gradient-sum"] = sum
  let columns = call.extents[.columns]
  (results["bias-gradient"], results["bias-gradient-terms"]) = columnSums(
    call.input("input-gradient"), columns: columns)
  return results
}

/// Σ_r matrix[r][c] for each column, and Σ_r |matrix[r][c]|.
func columnSums<Scalar: Real & BinaryFloatingPoint>(
  _ matrix: [Scalar], columns: Int
) -> (sums: [Scalar], terms: [Scalar]) {
  var (sums, terms) = ([Scalar](repeating: 0, count: columns), [Scalar](repeating: 0, count: columns))
  for (index, value) in matrix.enumerated() {
    sums[index % columns] += value
    terms[index % columns] += value.magnitude
  }
  return (sums, terms)
}

/// x of each element, from the statistics that the call is given.
private func normalizedValues<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [Scalar] {
  let columns = call.extents[.columns]
  let inverses = call.inputs["inverse-deviation"] ?? call.input("inverse-root-mean-square")
  let means = call.inputs["mean"]
  return call.input("sum").enumerated().map { index, value in
    let row = index / columns
    return (means.map { value - $0[row] } ?? value) * inverses[row]
  }
}

private func parameterGradients<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>, _ gradient: [Scalar]
) -> [String: [Scalar]] {
  let columns = call.extents[.columns]
  let products = zip(gradient, normalizedValues(call)).map { $0 * $1 }
  let (weight, shift) = (columnSums(products, columns: columns), columnSums(gradient, columns: columns))
  var results = ["weight-gradient": weight.sums, "weight-gradient-terms": weight.terms]
  if call.inputs["mean"] != nil {
    (results["shift-gradient"], results["shift-gradient-terms"]) = (shift.sums, shift.terms)
  }
  return results
}

private func rowGradients<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>, normalized: [Scalar], isCentred: Bool, inverses: [Scalar]
) -> [String: [Scalar]] {
  let (rows, columns) = (call.extents[.rows], call.extents[.columns])
  let (gradient, weight) = (call.input("output-gradient"), call.input("weight"))
  let added = call.request.returnsSum ? call.input("sum-gradient") : nil
  let decisions = DropoutDefinition(call.request)
  var results: [String: [Scalar]] = [:]
  for name in ["residual-gradient", "input-gradient"] { (results[name], results[name + "-terms"]) = ([], []) }
  for row in 0..<rows {
    let places = row * columns..<(row + 1) * columns
    let scaled = places.map { gradient[$0] * weight[$0 - places.lowerBound] }
    let x = Array(normalized[places])
    var (sum, product, sumTerms, productTerms): (Scalar, Scalar, Scalar, Scalar) = (0, 0, 0, 0)
    for column in 0..<columns {
      sum += scaled[column]
      product += scaled[column] * x[column]
      sumTerms += scaled[column].magnitude
      productTerms += (scaled[column] * x[column]).magnitude
    }
    let count = Scalar(columns)
    for column in 0..<columns {
      let centred = isCentred ? scaled[column] - sum / count : scaled[column]
      let other = added?[row * columns + column] ?? 0
      let value = inverses[row] * (centred - x[column] * (product / count)) + other
      let meanTerms = isCentred ? sumTerms / count : 0
      let inner = scaled[column].magnitude + meanTerms + x[column].magnitude * (productTerms / count)
      let terms = inverses[row].magnitude * inner + other.magnitude
      let factor: Scalar = decisions.keeps(plane: 0, row: row, column: column) ? decisions.keptScale() : 0
      results["residual-gradient"]!.append(value)
      results["residual-gradient-terms"]!.append(terms)
      // Selected, not multiplied: a dropped NaN or infinity is 0.
      results["input-gradient"]!.append(factor == 0 ? 0 : value * factor)
      results["input-gradient-terms"]!.append(factor == 0 ? 0 : terms * factor)
    }
  }
  return results
}
