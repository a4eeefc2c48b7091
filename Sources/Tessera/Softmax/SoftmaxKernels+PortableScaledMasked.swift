import CTesseraKernels

/// The contract is in tsr_scaled_masked_softmax_dropout.h. `streaming` is a wish that plain Swift cannot grant.
func tsr_f32_scaled_masked_softmax_dropout__portable(_ block: UnsafePointer<tsr_scaled_masked_softmax_dropout_f32>?) {
  let block = block!.pointee
  guard block.columns > 0 else { return }
  let scratch = block.scratch!
  for row in 0..<block.rows {
    let first = min(max(0, block.first + row * block.first_step), block.columns)
    let last = min(max(first, block.last + row * block.last_step), block.columns)
    let output = block.output! + row * block.output_stride
    let probabilities = block.probabilities.map { $0 + row * block.probabilities_stride }
    guard first < last else {
      output.update(repeating: 0, count: block.columns)
      probabilities?.update(repeating: 0, count: block.columns)
      continue
    }
    let input = block.input! + row * block.input_stride + first
    let factor = softmaxNumerators(of: input, scale: block.scale, count: last - first, to: scratch + first)
    scratch.update(repeating: 0, count: first)
    (scratch + last).update(repeating: 0, count: block.columns - last)
    let draws = DropoutRow(block.dropout, row: block.dropout.row &+ UInt32(truncatingIfNeeded: row))
    let drops = block.dropout.threshold > 0
    var column = 0
    while column < block.columns {
      var values = loadLanes(scratch, at: column, of: block.columns) * factor
      if let probabilities { storeLanes(values, to: probabilities, at: column, of: block.columns) }
      // Where the row sees nothing there is nothing to drop.
      if drops, column < last, column + 8 > first { values = draws.apply(values, block: column / 8) }
      storeLanes(values, to: output, at: column, of: block.columns)
      column += 8
    }
  }
}

/// A scale below this could make an exponent of note of a difference of scores that is not finite: such scores are
/// scaled first.
private let leastScaleOfDifferences: Float = 0x1p-100

/// Writes what the probabilities of the visible scores are proportional to, and returns the factor. Both are finite but
/// for NaN, so that 0 times the factor is 0 in hidden columns.
private func softmaxNumerators(
  of scores: UnsafePointer<Float>, scale: Float, count: Int, to numerators: UnsafeMutablePointer<Float>
) -> Float {
  if scale.magnitude < leastScaleOfDifferences {
    for column in 0..<count { numerators[column] = scores[column] * scale }
    return softmaxNumerators(of: numerators, scale: 1, count: count, to: numerators)
  }
  // That of the largest product of scale and score: where the scale is negative, the smallest score.
  let (sign, largest): (Float, Float) =
    scale < 0 ? (-1, greatest(scores, sign: -1, count: count)) : (1, greatest(scores, count: count))
  // Where nothing is above −inf, 0 stands in for the maximum: exp(−inf − 0) = 0, and NaN stays NaN.
  let sum = exponentials(
    of: scores, minus: largest > -.infinity ? largest * sign : 0, scale: scale, to: numerators, count: count)
  if sum.isNaN {
    numerators.update(repeating: .nan, count: count)
    return 1
  }
  return sum == 0 ? 0 : 1 / sum
}
