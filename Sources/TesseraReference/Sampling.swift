import RealModule
import TesseraCore

/// output[r] = the least c with input[r][c] = max input[r][c′], NaN aside; 0 where there is nothing else.
public func argmax<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let columns = call.extents[.columns]
  let output = (0..<call.extents[.rows]).map { row in
    Scalar(place(ofGreatest: Array(call.input("input")[row * columns..<(row + 1) * columns])))
  }
  return ["output": output]
}

/// output[r] = the least c with Σ_{c′ ≤ c} w[c′] > u[r] · Σ w, w[c] = exp((logit[c] − max logit) / temperature) of
/// columns that are kept, else 0; u[r] of 53 bits from the two first words of Philox at counter (0, r, "SAMP", offset)
/// under the seed: the catalog's call is step 0, its rows sequences from 0 on.
///
/// Columns are put in order of logits, equal ones in their own order. Top-k keeps the first k; top-p, of these, the
/// shortest prefix whose probabilities add up to p; min-p, of those, the ones with logit − max logit ≥ ln p.
public func sampling<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let (rows, columns, options) = (call.extents[.rows], call.extents[.columns], call.request.sampling)
  // As many for each row, −1 for none.
  let recentTokens = call.request.recentTokens.map { Int($0) }
  let recentCount = rows == 0 ? 0 : recentTokens.count / rows
  let output = (0..<rows).map { row in
    let input = Array(call.input("input")[row * columns..<(row + 1) * columns])
    var logits = input
    for token in Set(recentTokens[row * recentCount..<(row + 1) * recentCount]) where token >= 0 {
      let penalty = Scalar(options.repetitionPenalty)
      logits[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty
    }
    let greatest = place(ofGreatest: logits)
    guard options.temperature > 0, columns > 0, logits[greatest].isFinite else { return Scalar(greatest) }
    let maximum = logits[greatest]
    func weight(_ column: Int, _ temperature: Float) -> Scalar {
      logits[column].isNaN ? 0 : Scalar.exp((logits[column] - maximum) / Scalar(temperature))
    }
    func comparable(_ column: Int) -> Scalar { logits[column].isNaN ? -.infinity : logits[column] }
    var kept = Array(0..<columns).sorted { (-comparable($0), $0) < (-comparable($1), $1) }
    if options.topK > 0 { kept = Array(kept.prefix(options.topK)) }
    if options.topP < 1 {
      let total = kept.reduce(0) { $0 + weight($1, 1) }
      var sum: Scalar = 0
      let reaching = kept.firstIndex { column in
        sum += weight(column, 1)
        return sum >= Scalar(options.topP) * total
      }
      kept = Array(kept.prefix((reaching ?? kept.count) + 1))
    }
    kept = kept.filter { comparable($0) - maximum >= Scalar.log(Scalar(options.minP)) }.sorted()
    let key = SIMD2(UInt32(call.request.seed & 0xFFFF_FFFF), UInt32(call.request.seed >> 32))
    let words = Philox4x32.words(
      counter: SIMD4(0, UInt32(row), 0x5341_4D50, call.request.offset), key: key)
    let uniform = (Double(words.x) * 0x1p21 + Double(words.y >> 11)) * 0x1p-53
    let target = Scalar(uniform) * kept.reduce(0) { $0 + weight($1, options.temperature) }
    var sum: Scalar = 0
    let drawn = kept.first { column in
      sum += weight(column, options.temperature)
      return sum > target
    }
    return Scalar(drawn ?? greatest)
  }
  return ["output": output]
}

private func place<Scalar: BinaryFloatingPoint>(ofGreatest row: [Scalar]) -> Int {
  var greatest: Int?
  for column in row.indices where !row[column].isNaN && (greatest.map { row[column] > row[$0] } ?? true) {
    greatest = column
  }
  return greatest ?? 0
}
