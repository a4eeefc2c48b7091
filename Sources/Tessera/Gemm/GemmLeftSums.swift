/// What a product adds up of its left operand while it has the rows at hand: a bias gradient, of transposed gradients.
///
///     sums[r] += Σ_k left[r][k]
///
/// Sixteen neighbours are added in float, as pairs of halves, and what they make one after the other in double. Blocks
/// and slices end at multiples of sixteen, so that the bits depend neither on how the product is cut nor on the
/// variant.
struct GemmLeftSums {
  /// One a row of the left operand; the caller says what they begin with.
  let sums: UnsafeMutablePointer<Double>

  /// Adds some rows' next `count` elements; element (r, k) of those at r · rowStride + k · depthStride.
  func add(
    _ left: UnsafePointer<Float>, of rows: Range<Int>, rowStride: Int, depthStride: Int = 1, count: Int
  ) {
    for (index, row) in rows.enumerated() {
      let first = left + index * rowStride
      var sum = sums[row]
      for k in stride(from: 0, to: count, by: 16) {
        let rest = count - k
        if depthStride == 1, rest >= 16 {
          sum += Double(Self.sum(UnsafeRawPointer(first + k).loadUnaligned(as: SIMD16<Float>.self)))
        } else {
          var lanes = SIMD16<Float>(repeating: 0)
          for lane in 0..<min(16, rest) { lanes[lane] = first[(k + lane) * depthStride] }
          sum += Double(Self.sum(lanes))
        }
      }
      sums[row] = sum
    }
  }

  /// Halves are added until one lane is left.
  @inline(__always)
  private static func sum(_ lanes: SIMD16<Float>) -> Float {
    let eight = lanes.lowHalf + lanes.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }
}
