import RealModule
import TesseraCore

/// probabilities[r] = softmax over the columns that row r sees of scale · input[r], 0 in the others;
/// output[r][c] = dropout(probabilities[r][c]).
///
/// Training drops and keeps the probabilities; inference does neither. A row that sees nothing, or nothing but −inf, is
/// 0; one that sees NaN or +inf is NaN wherever it sees, and where that is dropped, 0 again.
public func scaledMaskedSoftmaxDropout<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (planes, rows, columns) = (call.extents[.planes], call.extents[.rows], call.extents[.columns])
  let input = call.input("input")
  let scale = Scalar(call.request.scale)
  let decisions = DropoutDefinition(call.request)
  var (output, probabilities): ([Scalar], [Scalar]) = ([], [])
  for plane in 0..<planes {
    for row in 0..<rows {
      let start = (plane * rows + row) * columns
      let seen = (0..<columns).filter { isVisible(call.request.mask, row: row, of: rows, column: $0, of: columns) }
      let scores = seen.map { scale * input[start + $0] }
      var line = [Scalar](repeating: 0, count: columns)
      for (column, probability) in zip(seen, softmaxOfRow(scores)) { line[column] = probability }
      probabilities += line
      output += line.enumerated().map { column, probability in
        decisions.keeps(plane: plane, row: row, column: column) ? probability * decisions.keptScale() : 0
      }
    }
  }
  guard call.request.mode == .training else { return ["output": probabilities] }
  return ["output": output, "probabilities": probabilities]
}

/// Zeros where there is nothing above −inf; the largest of a row with NaN is NaN.
private func softmaxOfRow<Scalar: Real & BinaryFloatingPoint>(_ scores: [Scalar]) -> [Scalar] {
  if scores.contains(where: \.isNaN) { return scores.map { _ in .nan } }
  guard let largest = scores.max(), largest > -.infinity else { return scores.map { _ in 0 } }
  let exponentials = scores.map { Scalar.exp($0 - largest) }
  var sum: Scalar = 0
  for exponential in exponentials { sum += exponential }
  return exponentials.map { $0 / sum }
}
