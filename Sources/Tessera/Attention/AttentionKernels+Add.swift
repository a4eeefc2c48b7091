import CTesseraKernels

extension AttentionKernels {
  /// sums[c] += weight · part[c]
  func add(_ weight: Float, _ part: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>, count: Int) {
    withUnsafePointer(to: weight) { pointer in
      var tile = tsr_attention_values_f32()
      tile.rows = 1
      tile.count = 1
      tile.columns = count
      tile.weights = pointer
      tile.weights_stride = 1
      tile.values = part
      tile.values_stride = 0
      tile.output = sums
      values(&tile)
    }
  }
}
