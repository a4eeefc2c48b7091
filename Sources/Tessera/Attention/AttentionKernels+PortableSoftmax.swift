import CTesseraKernels

/// The contract is in tsr_attention.h.
func tsr_f32_attention_softmax__portable(_ count: Int, _ rows: UnsafeMutablePointer<tsr_attention_softmax_f32>?) {
  for index in 0..<count { softmaxStep(rows! + index) }
}

private func softmaxStep(_ row: UnsafeMutablePointer<tsr_attention_softmax_f32>) {
  let (count, first, last) = (row.pointee.count, row.pointee.first, row.pointee.last)
  guard count > 0, let scores = row.pointee.scores else { return }
  scores.update(repeating: 0, count: first)
  (scores + last).update(repeating: 0, count: count - last)
  guard first < last else { return }

  let before = row.pointee.maximum
  let maximum = max(before, greatest(scores + first, count: last - first))
  if maximum > before, before > -.infinity {
    let rescale = exponential(SIMD8(repeating: (before - maximum) * row.pointee.scale))[0]
    if rescale != 1 {
      row.pointee.sum *= rescale
      scaleInPlace(row.pointee.output, by: rescale, count: row.pointee.output_count)
    }
  }
  row.pointee.maximum = maximum
  // Where nothing is above −inf, 0 stands in for the maximum: exp(−inf − 0) = 0, and NaN stays NaN.
  row.pointee.sum += exponentials(
    of: scores + first, minus: maximum > -.infinity ? maximum : 0, scale: row.pointee.scale, to: scores + first,
    count: last - first)
  if let dropout = row.pointee.dropout?.pointee {
    drop(scores, from: first & ~7, to: last, dropout, column: Int(row.pointee.column))
  }
}

/// Dropout of the scores `begin` ..< `end`, of which the first is at a multiple of 8; score 0 stands at `column`.
@inline(__always)
private func drop(
  _ scores: UnsafeMutablePointer<Float>, from begin: Int, to end: Int, _ dropout: tsr_dropout, column: Int
) {
  let draws = DropoutRow(dropout, row: dropout.row)
  for index in stride(from: begin, to: end, by: 8) {
    let kept = draws.apply(loadLanes(scores, at: index, of: end), block: (column + index) / 8)
    storeLanes(kept, to: scores, at: index, of: end)
  }
}

@inline(__always)
private func scaleInPlace(_ values: UnsafeMutablePointer<Float>?, by factor: Float, count: Int) {
  guard let values else { return }
  for column in stride(from: 0, to: count, by: 8) {
    storeLanes(loadLanes(values, at: column, of: count) * factor, to: values, at: column, of: count)
  }
}
