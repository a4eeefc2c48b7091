import CTesseraKernels

extension StoredKernels {
  static let portable = StoredKernels(
    dequantize: tsr_f32_dequantize__portable, linear: tsr_f32_stored_linear__portable, arranged_count: nil, arrange: nil
  )
}

// The contracts are in tsr_stored.h.

func tsr_f32_dequantize__portable(_ call: UnsafePointer<tsr_dequantize_f32>?) {
  let call = call!.pointee
  let type = call.storedType
  type.dequantize(
    UnsafeRawBufferPointer(start: call.stored, count: type.rowBytes(call.count)),
    into: UnsafeMutableBufferPointer(start: call.output, count: call.count))
}

func tsr_f32_stored_linear__portable(_ call: UnsafePointer<tsr_stored_linear_f32>?) {
  let call = call!.pointee
  for row in stride(from: 0, to: call.rows, by: 4) {
    for column in 0..<call.columns {
      let sums = fourSums(call, column: column, row: row)
      for index in 0..<min(4, call.rows - row) {
        let place = call.output! + (row + index) * call.output_stride + column
        place.pointee = call.accumulate ? place.pointee + sums[index].sum() : sums[index].sum()
      }
    }
  }
}

/// Products of a weight row with up to four input rows, added in lanes over ascending k.
@inline(__always)
private func fourSums(_ call: tsr_stored_linear_f32, column: Int, row: Int) -> InlineArray<4, SIMD8<Float>> {
  let type = call.storedType
  let stored = call.weight! + column * type.rowBytes(call.depth)
  // A block of the longest type: small enough for the stack.
  let chunk = 256
  return withUnsafeTemporaryAllocation(of: Float.self, capacity: chunk) { weights in
    var sums = InlineArray<4, SIMD8<Float>>(repeating: SIMD8(repeating: 0))
    for start in stride(from: 0, to: call.depth, by: chunk) {
      let count = min(chunk, call.depth - start)
      type.dequantize(
        UnsafeRawBufferPointer(start: stored + type.rowBytes(start), count: type.rowBytes(count)),
        into: UnsafeMutableBufferPointer(rebasing: weights[..<count]))
      for index in 0..<min(4, call.rows - row) {
        let input = call.input! + (row + index) * call.input_stride + start
        var sum = sums[index]
        for k in stride(from: 0, to: count, by: 8) {
          sum = multiplyAdd(
            loadLanes(input, at: k, of: count), loadLanes(weights.baseAddress!, at: k, of: count), sum)
        }
        sums[index] = sum
      }
    }
    return sums
  }
}

extension tsr_dequantize_f32 {
  fileprivate var storedType: ElementType { ElementType(rawValue: type.rawValue)! }
}

extension tsr_stored_linear_f32 {
  fileprivate var storedType: ElementType { ElementType(rawValue: type.rawValue)! }
}
