import RealModule
import TesseraCore

/// output[r] = Σ exp(lᵢ[r] − l[r]) · partᵢ[r] and l[r] = ln Σ exp(lᵢ[r]) over the two parts; one whose lᵢ is −inf is
/// left out, whatever it holds. Of two such parts the output is 0.
/// `output-terms` are Σ exp(lᵢ[r] − l[r]) · |partᵢ[r]|.
public func mergeAttention<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (rows, columns) = (call.extents[.rows], call.extents[.columns])
  let parts = ["first", "second"].map {
    (values: call.input($0), logSumExp: call.input($0 + "-log-sum-exp"))
  }
  var output = [Scalar](repeating: 0, count: rows * columns)
  var terms = output
  var logSumExp = [Scalar](repeating: -.infinity, count: rows)
  for row in 0..<rows {
    let seen = parts.filter { $0.logSumExp[row] != -.infinity }
    guard let largest = seen.map({ $0.logSumExp[row] }).max() else { continue }
    var total: Scalar = 0
    for part in seen { total += Scalar.exp(part.logSumExp[row] - largest) }
    for part in seen {
      let weight = Scalar.exp(part.logSumExp[row] - largest) / total
      for index in row * columns..<(row + 1) * columns {
        output[index] += weight * part.values[index]
        terms[index] += weight * part.values[index].magnitude
      }
    }
    logSumExp[row] = largest + Scalar.log(total)
  }
  return ["output": output, "output-terms": terms, "log-sum-exp": logSumExp]
}
