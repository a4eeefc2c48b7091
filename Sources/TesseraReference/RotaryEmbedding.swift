import RealModule
import TesseraCore

/// Each pair of a head's rotated columns, turned by position · frequencyScale · base^(−2i / rotated) / divisor[i];
/// other columns as they are. The sines and cosines are of double precision and rounded once, at every precision: the
/// definition of the operator has them in a table that is made so.
public func rotaryEmbedding<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let (planes, rows, columns) = (call.extents[.planes], call.extents[.rows], call.extents[.columns])
  let options = call.request.rotary
  let isHalfSplit = options.pairing == .halfSplit
  let rotated = options.rotatedColumns ?? columns - columns % 2
  var output = call.input("input")
  for plane in 0..<planes {
    let start = options.starts?[plane / (planes / options.sequences)] ?? 0
    for row in 0..<rows {
      let head = (plane * rows + row) * columns
      for pair in 0..<rotated / 2 {
        let exponent = Double(2 * pair) / Double(rotated)
        let angle =
          Double(start + row) * options.frequencyScale / Double.pow(options.base, exponent)
          / Double(options.divisors?[pair] ?? 1)
        let (cosine, sine) = (Scalar(Double.cos(angle)), Scalar(Double.sin(angle)))
        let first = head + (isHalfSplit ? pair : 2 * pair)
        let second = isHalfSplit ? first + rotated / 2 : first + 1
        let (a, b) = (output[first], output[second])
        output[first] = a * cosine - b * sine
        output[second] = b * cosine + a * sine
      }
    }
  }
  return ["output": output]
}
