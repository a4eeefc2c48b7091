import CTesseraKernels

/// The contract is in tsr_optimizer.h.
func tsr_f32_adamw__portable(_ block: UnsafePointer<tsr_adamw_f32>?) {
  let block = block!.pointee
  for row in 0..<block.rows {
    let earlierParameters = block.earlier_parameters! + row * block.earlier_parameters_stride
    let gradients = block.gradients! + row * block.gradients_stride
    let earlierFirst = block.earlier_first_moments! + row * block.earlier_first_moments_stride
    let earlierSecond = block.earlier_second_moments! + row * block.earlier_second_moments_stride
    let parameters = block.parameters! + row * block.parameters_stride
    let firstMoments = block.first_moments! + row * block.first_moments_stride
    let secondMoments = block.second_moments! + row * block.second_moments_stride
    let count = block.columns
    forEachEight(of: count) { column, _ in
      let gradient: SIMD8<Float> = loadLanes(gradients, at: column, of: count) * block.gradient_scale
      let first = multiplyAdd(
        loadLanes(earlierFirst, at: column, of: count), SIMD8(repeating: block.first_decay),
        gradient * block.first_rest)
      let square: SIMD8<Float> = gradient * gradient
      let second = multiplyAdd(
        loadLanes(earlierSecond, at: column, of: count), SIMD8(repeating: block.second_decay),
        square * block.second_rest)
      let divisor = multiplyAdd(
        second.squareRoot(), SIMD8(repeating: block.root_scale), SIMD8(repeating: block.epsilon))
      let kept: SIMD8<Float> = loadLanes(earlierParameters, at: column, of: count) * block.decay
      let quotient: SIMD8<Float> = first / divisor
      storeLanes(first, to: firstMoments, at: column, of: count)
      storeLanes(second, to: secondMoments, at: column, of: count)
      storeLanes(multiplyAdd(quotient, SIMD8(repeating: -block.rate), kept), to: parameters, at: column, of: count)
    }
  }
}

/// The contract is in tsr_optimizer.h.
func tsr_f32_sum_of_squares__portable(_ block: UnsafePointer<tsr_sum_of_squares_f32>?) {
  let block = block!.pointee
  let zero = SIMD8<Double>(repeating: 0)
  var sums = (zero, zero, zero, zero)
  for row in 0..<block.rows {
    let input = block.input! + row * block.input_stride
    var column = 0
    while column < block.columns {
      let count = block.columns
      sums.0 += squares(input, at: column, of: count)
      if column + 8 < count { sums.1 += squares(input, at: column + 8, of: count) }
      if column + 16 < count { sums.2 += squares(input, at: column + 16, of: count) }
      if column + 24 < count { sums.3 += squares(input, at: column + 24, of: count) }
      column += 32
    }
  }
  storeLanes(sums.0, to: block.sums!, at: 0, of: 32)
  storeLanes(sums.1, to: block.sums!, at: 8, of: 32)
  storeLanes(sums.2, to: block.sums!, at: 16, of: 32)
  storeLanes(sums.3, to: block.sums!, at: 24, of: 32)
}

/// Exact: the square of a float is a double.
@inline(__always)
private func squares(_ row: UnsafePointer<Float>, at column: Int, of count: Int) -> SIMD8<Double> {
  let lanes = SIMD8<Double>(loadLanes(row, at: column, of: count))
  return lanes * lanes
}
