/// The greatest sign · element, not counting NaN, or −inf where there is none. A NaN shows in the sum of exponentials.
/// `sign` is 1 or −1, a constant where this is inlined.
@inline(__always)
func greatest(_ row: UnsafePointer<Float>, sign: Float = 1, count: Int) -> Float {
  var lanes = SIMD8<Float>(repeating: -.infinity)
  var column = 0
  while column + 8 <= count {
    let values = loadLanes(row, at: column, of: count) * sign
    lanes = lanes.replacing(with: values, where: values .> lanes)
    column += 8
  }
  var maximum = lanes.max()
  while column < count {
    let value = row[column] * sign
    if value > maximum { maximum = value }
    column += 1
  }
  return maximum
}

/// exp(x) = 2^(x · log₂ e) for x ≤ 0. The product is rounded, which makes the result wrong by up to 2⁻²⁴ · |x| of
/// itself.
@inline(__always)
func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> { exponential2(x * portableLog2E) }

/// output[c] = exp(scale · (row[c] − maximum)); returns the sum. `output` may be `row`.
@inline(__always)
func exponentials(
  of row: UnsafePointer<Float>, minus maximum: Float, scale: Float = 1, to output: UnsafeMutablePointer<Float>,
  count: Int
) -> Float {
  let factor = scale * portableLog2E
  var sums = SIMD8<Float>(repeating: 0)
  var column = 0
  while column + 8 <= count {
    let values = exponential2((loadLanes(row, at: column, of: count) - maximum) * factor)
    storeLanes(values, to: output, at: column, of: count)
    sums += values
    column += 8
  }
  var sum = sums.sum()
  if column < count {
    let values = exponential2((loadLanes(row, at: column, of: count) - maximum) * factor)
    storeLanes(values, to: output, at: column, of: count)
    for lane in 0..<(count - column) { sum += values[lane] }
  }
  return sum
}
