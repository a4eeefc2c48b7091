import RealModule
import TesseraCore

/// inputGradient[p][r][c] = scale · probabilities[p][r][c] · (t[p][r][c] − Σ probabilities[p][r] · t[p][r]),
/// t = dropout(outputGradient); inference does not drop. Where a probability is 0 or less nothing is used, and the
/// gradient is 0. `input-gradient-terms` are the sums of what each element is made of, without signs.
public func scaledMaskedSoftmaxDropoutGradient<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (planes, rows, columns) = (call.extents[.planes], call.extents[.rows], call.extents[.columns])
  let (gradient, probabilities) = (call.input("output-gradient"), call.input("probabilities"))
  let decisions = DropoutDefinition(call.request)
  let scale = Scalar(call.request.scale)
  var (result, resultTerms): ([Scalar], [Scalar]) = ([], [])
  for plane in 0..<planes {
    for row in 0..<rows {
      let start = (plane * rows + row) * columns
      let dropped: [Scalar] = (0..<columns).map { column in
        guard call.request.mode == .training else { return gradient[start + column] }
        let isKept = decisions.keeps(plane: plane, row: row, column: column)
        return isKept ? gradient[start + column] * decisions.keptScale() : 0
      }
      var (sum, terms): (Scalar, Scalar) = (0, 0)
      for column in 0..<columns where !(probabilities[start + column] <= 0) {
        sum += probabilities[start + column] * dropped[column]
        terms += (probabilities[start + column] * dropped[column]).magnitude
      }
      for column in 0..<columns {
        let probability = probabilities[start + column]
        let isSeen = !(probability <= 0)
        result.append(isSeen ? probability * (dropped[column] - sum) * scale : 0)
        resultTerms.append(isSeen ? (probability * scale).magnitude * (dropped[column].magnitude + terms) : 0)
      }
    }
  }
  return ["input-gradient": result, "input-gradient-terms": resultTerms]
}
