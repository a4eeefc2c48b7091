import CTesseraKernels

/// The contract is in tsr_attention.h. `streaming` is a wish that plain Swift cannot grant.
func tsr_f32_attention_blend__portable(_ rows: UnsafePointer<tsr_attention_blend_f32>?) {
  let rows = rows!.pointee
  guard rows.columns > 0 else { return }
  for row in 0..<rows.rows {
    let (firstWeight, secondWeight) = (rows.weights![2 * row], rows.weights![2 * row + 1])
    let (first, second) = (rows.first! + row * rows.first_stride, rows.second! + row * rows.second_stride)
    let output = rows.output! + row * rows.output_stride
    switch (firstWeight < 0, secondWeight < 0) {
    case (true, true): output.update(repeating: 0, count: rows.columns)
    case (false, true): tsr_f32_attention_scale__portable(rows.columns, 1, first, output)
    case (true, false): tsr_f32_attention_scale__portable(rows.columns, 1, second, output)
    case (false, false):
      for column in stride(from: 0, to: rows.columns, by: 8) {
        let product = loadLanes(first, at: column, of: rows.columns) * firstWeight
        let second = loadLanes(second, at: column, of: rows.columns)
        storeLanes(
          multiplyAdd(second, SIMD8(repeating: secondWeight), product), to: output, at: column, of: rows.columns)
      }
    }
  }
}
