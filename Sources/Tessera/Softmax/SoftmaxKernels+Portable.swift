import CTesseraKernels

/// The contract is in tsr_softmax.h. `streaming` is a wish that plain Swift cannot grant.
func tsr_f32_softmax__portable(_ block: UnsafePointer<tsr_softmax_f32>?) {
  let block = block!.pointee
  guard block.columns > 0 else { return }
  let (count, scratch) = (block.columns, block.scratch!)
  for row in 0..<block.rows {
    let input = block.input! + row * block.input_stride
    let output = block.output! + row * block.output_stride
    let maximum = rowMaximum(input, count: count)
    guard maximum > -.infinity else {
      // NaN fails the comparison too: only a row of nothing but −inf is one that sees nothing.
      output.update(repeating: maximum.isNaN ? .nan : 0, count: count)
      continue
    }
    let reciprocal = 1 / exponentials(of: input, minus: maximum, to: scratch, count: count)
    var column = 0
    while column < count {
      storeLanes(loadLanes(scratch, at: column, of: count) * reciprocal, to: output, at: column, of: count)
      column += 8
    }
  }
}

/// The largest element; NaN when there is one.
private func rowMaximum(_ row: UnsafePointer<Float>, count: Int) -> Float {
  var lanes = SIMD8<Float>(repeating: -.infinity)
  // A NaN never compares greater, so it is looked for on its own.
  var isNaN = SIMDMask<SIMD8<Int32>>(repeating: false)
  var column = 0
  while column + 8 <= count {
    let values = loadLanes(row, at: column, of: count)
    lanes = lanes.replacing(with: values, where: values .> lanes)
    isNaN = isNaN .| (values .!= values)
    column += 8
  }
  var maximum = lanes.max()
  var holdsNaN = any(isNaN)
  while column < count {
    let value = row[column]
    if value > maximum { maximum = value }
    if value.isNaN { holdsNaN = true }
    column += 1
  }
  return holdsNaN ? .nan : maximum
}

/// scratch[c] = exp(row[c] − maximum); returns the sum.
private func exponentials(
  of row: UnsafePointer<Float>, minus maximum: Float, to scratch: UnsafeMutablePointer<Float>, count: Int
) -> Float {
  let shift = SIMD8<Float>(repeating: maximum)
  var sums = SIMD8<Float>(repeating: 0)
  var column = 0
  while column + 8 <= count {
    let values = exponential(loadLanes(row, at: column, of: count) - shift)
    storeLanes(values, to: scratch, at: column, of: count)
    sums += values
    column += 8
  }
  var sum = sums.sum()
  if column < count {
    let values = exponential(loadLanes(row, at: column, of: count) - shift)
    storeLanes(values, to: scratch, at: column, of: count)
    for lane in 0..<(count - column) { sum += values[lane] }
  }
  return sum
}
