import RealModule
import TesseraCore

/// table-gradient[v][c] = Σ_r output-gradient[r][c] over the rows with ids[r] = v, from r = 0 upwards, begun with the
/// earlier gradient of a call in place, else with 0. `table-gradient-terms` are the sums of what is added without its
/// sign.
public func embeddingRowsGradient<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (columns, outputGradient) = (call.extents[.columns], call.input("output-gradient"))
  var gradient =
    call.request.isInPlace
    ? call.input("earlier-table-gradient")
    : [Scalar](repeating: 0, count: call.extents[.vocabulary] * columns)
  var terms = gradient.map(\.magnitude)
  for (row, id) in call.input("ids").enumerated() {
    for column in 0..<columns {
      let term = outputGradient[row * columns + column]
      gradient[Int(id) * columns + column] += term
      terms[Int(id) * columns + column] += term.magnitude
    }
  }
  return ["table-gradient": gradient, "table-gradient-terms": terms]
}
