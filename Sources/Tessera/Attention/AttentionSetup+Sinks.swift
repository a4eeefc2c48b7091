extension AttentionSetup {
  /// What a row's weighted values are multiplied by: 1 / (total + its sink's weight), the weight being
  /// exp(sink − scale · maximum). 0 where nothing was seen, and where the sink is infinite and takes everything.
  ///
  /// In double, because a sink far above the scores has a weight beyond float.
  static func factor(total: Float, maximum: Float, scale: Float, sink: Float) -> Float {
    if total == 0 || (sink == .infinity && !total.isNaN) { return 0 }
    let weight = exponential(Double(sink) - Double(maximum) * Double(scale))
    let factor = Float(1 / (Double(total) + weight))
    // What is only too small for a float does not hide a value that is NaN; 0 would.
    return factor == 0 ? .leastNonzeroMagnitude : factor
  }

  /// ln(exp(logSumExp) + exp(sink))
  static func logSumExp(_ logSumExp: Float, with sink: Float) -> Float {
    let (greater, lesser) = logSumExp > sink ? (logSumExp, sink) : (sink, logSumExp)
    guard lesser != -.infinity else { return greater }
    return greater + naturalLogarithm(1 + Float(exponential(Double(lesser) - Double(greater))))
  }
}

extension AttentionKernels {
  /// output = sums · factor of one row; 0 where the factor is, whatever sums hold there.
  @inline(__always)
  func finishRow(
    _ count: Int, _ sums: UnsafePointer<Float>, by factor: Float, into output: UnsafeMutablePointer<Float>
  ) {
    if factor == 0 {
      output.update(repeating: 0, count: count)
    } else {
      scale(count, factor, sums, output)
    }
  }
}
