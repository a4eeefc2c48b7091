import RealModule
import TesseraCore

/// output[r][c] = exp(input[r][c] − m[r]) / Σ exp(input[r][c′] − m[r]), m[r] = max input[r][c′].
///
/// A row of nothing but −inf, which sees nothing, is 0 throughout; one that holds NaN or +inf is NaN throughout, which
/// follows from the formula once the largest of a row with NaN is NaN.
public func softmax<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let columns = call.extents[.columns]
  let input = call.input("input")
  var output: [Scalar] = []
  output.reserveCapacity(input.count)
  guard columns > 0 else { return ["output": output] }
  for start in stride(from: 0, to: input.count, by: columns) {
    let row = input[start..<start + columns]
    var largest = -Scalar.infinity
    for value in row where value > largest || value.isNaN {
      largest = value
      if value.isNaN { break }
    }
    guard largest != -.infinity else {
      output.append(contentsOf: repeatElement(0, count: columns))
      continue
    }
    var sum: Scalar = 0
    for value in row { sum += Scalar.exp(value - largest) }
    for value in row { output.append(Scalar.exp(value - largest) / sum) }
  }
  return ["output": output]
}
