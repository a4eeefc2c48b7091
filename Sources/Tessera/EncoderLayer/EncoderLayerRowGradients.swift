/// Gradients that are sums over rows alone: the norms'. The biases' ride on products.
struct EncoderLayerRowGradients {
  var norm1Weight, norm1Shift, norm2Weight, norm2Shift: UnsafeMutableBufferPointer<Float>
}

extension EncoderLayerGradients {
  var rows: EncoderLayerRowGradients {
    EncoderLayerRowGradients(
      norm1Weight: norm1Weight.elements, norm1Shift: norm1Shift.elements, norm2Weight: norm2Weight.elements,
      norm2Shift: norm2Shift.elements)
  }
}

extension EncoderLayerBackward {
  /// Adds the sums over rows to the gradients that are there.
  func addRows(
    _ sums: EncoderLayerRowGradients, to totals: EncoderLayerRowGradients
  ) throws(TesseraError) {
    func add(
      _ sum: UnsafeMutableBufferPointer<Float>, to total: UnsafeMutableBufferPointer<Float>
    ) throws(TesseraError) {
      try rowSum.run(
        ElementwisePlan.Operands(
          input: UnsafeBufferPointer(total), output: total, second: UnsafeBufferPointer(sum)))
    }
    try add(sums.norm1Weight, to: totals.norm1Weight)
    try add(sums.norm1Shift, to: totals.norm1Shift)
    try add(sums.norm2Weight, to: totals.norm2Weight)
    try add(sums.norm2Shift, to: totals.norm2Shift)
  }
}
