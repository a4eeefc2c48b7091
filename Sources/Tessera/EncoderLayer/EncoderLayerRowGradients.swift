/// Gradients that are sums over rows and nothing else writes.
struct EncoderLayerRowGradients {
  var norm1Weight, norm1Shift, norm2Weight, norm2Shift: UnsafeMutableBufferPointer<Float>
  var linear2Bias, linear1Bias: UnsafeMutableBufferPointer<Float>
}

extension EncoderLayerGradients {
  var rows: EncoderLayerRowGradients {
    EncoderLayerRowGradients(
      norm1Weight: norm1Weight.elements, norm1Shift: norm1Shift.elements, norm2Weight: norm2Weight.elements,
      norm2Shift: norm2Shift.elements, linear2Bias: linear2Bias.elements, linear1Bias: linear1Bias.elements)
  }
}

extension EncoderLayerBackward {
  /// Adds the sums over rows to the gradients that are there.
  func addRows(
    _ sums: EncoderLayerRowGradients, to totals: EncoderLayerRowGradients
  ) throws(TesseraError) {
    func add(
      _ plan: ElementwisePlan, _ sum: UnsafeMutableBufferPointer<Float>, to total: UnsafeMutableBufferPointer<Float>
    ) throws(TesseraError) {
      try plan.run(
        ElementwisePlan.Operands(
          input: UnsafeBufferPointer(total), output: total, second: UnsafeBufferPointer(sum)))
    }
    try add(narrowSum, sums.norm1Weight, to: totals.norm1Weight)
    try add(narrowSum, sums.norm1Shift, to: totals.norm1Shift)
    try add(narrowSum, sums.norm2Weight, to: totals.norm2Weight)
    try add(narrowSum, sums.norm2Shift, to: totals.norm2Shift)
    // A pre-norm layer's of linear 2 rides on a product, which adds it itself.
    if problem.normalization == .post { try add(narrowSum, sums.linear2Bias, to: totals.linear2Bias) }
    try add(wideSum, sums.linear1Bias, to: totals.linear1Bias)
  }
}
