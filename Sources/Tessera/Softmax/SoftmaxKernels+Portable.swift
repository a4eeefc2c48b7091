import CTesseraKernels

extension SoftmaxKernels {
  static let portable = SoftmaxKernels(
    softmax: tsr_f32_softmax__portable,
    scaled_masked_softmax_dropout: tsr_f32_scaled_masked_softmax_dropout__portable)
}

/// The contract is in tsr_softmax.h. `streaming` is a wish that plain Swift cannot grant.
func tsr_f32_softmax__portable(_ block: UnsafePointer<tsr_softmax_f32>?) {
  let block = block!.pointee
  guard block.columns > 0 else { return }
  let (count, scratch) = (block.columns, block.scratch!)
  for row in 0..<block.rows {
    let input = block.input! + row * block.input_stride
    let output = block.output! + row * block.output_stride
    let maximum = greatest(input, count: count)
    // Where nothing is above −inf, 0 stands in for the maximum: exp(−inf − 0) = 0, and NaN stays NaN.
    let sum = exponentials(of: input, minus: maximum > -.infinity ? maximum : 0, to: scratch, count: count)
    let reciprocal = sum == 0 ? 0 : 1 / sum
    var column = 0
    while column < count {
      storeLanes(loadLanes(scratch, at: column, of: count) * reciprocal, to: output, at: column, of: count)
      column += 8
    }
  }
}
