import CTesseraKernels

/// The contract is in tsr_attention.h. `streaming` is a wish that plain Swift cannot grant.
func tsr_f32_attention_merge__portable(_ rows: UnsafePointer<tsr_attention_merge_f32>?) {
  let rows = rows!.pointee
  for row in 0..<rows.rows {
    let weights = mergeLogSumExps(row, rows)
    // Rows without columns need not exist.
    guard rows.columns > 0 else { continue }
    let (first, second) = (rows.first! + row * rows.first_stride, rows.second! + row * rows.second_stride)
    let output = rows.output! + row * rows.output_stride
    switch weights {
    case (nil, nil): output.update(repeating: 0, count: rows.columns)
    case (let weight?, nil): tsr_f32_attention_scale__portable(rows.columns, weight, first, output)
    case (nil, let weight?): tsr_f32_attention_scale__portable(rows.columns, weight, second, output)
    case (let firstWeight?, let secondWeight?):
      for column in stride(from: 0, to: rows.columns, by: 8) {
        let product = loadLanes(first, at: column, of: rows.columns) * firstWeight
        let second = loadLanes(second, at: column, of: rows.columns)
        storeLanes(
          multiplyAdd(second, SIMD8(repeating: secondWeight), product), to: output, at: column, of: rows.columns)
      }
    }
  }
}

/// Stores the row's log-sum-exp and returns the weights of its parts: none of a part that saw nothing, because what its
/// output holds, NaN included, is not read.
private func mergeLogSumExps(_ row: Int, _ rows: tsr_attention_merge_f32) -> (Float?, Float?) {
  let (first, second) = (rows.first_log_sum_exp[row], rows.second_log_sum_exp[row])
  let greatest = max(first, second)
  func weight(_ logSumExp: Float) -> Float {
    logSumExp == -.infinity ? 0 : Float(exponential(Double(logSumExp) - Double(greatest)))
  }
  let (firstWeight, secondWeight) = (weight(first), weight(second))
  let total = firstWeight + secondWeight
  rows.log_sum_exp[row] = total == 0 ? -.infinity : greatest + naturalLogarithm(total)
  return (first == -.infinity ? nil : firstWeight / total, second == -.infinity ? nil : secondWeight / total)
}
