import CTesseraKernels

/// The function of one variant for cross-entropy over rows of logits.
typealias CrossEntropyKernels = tsr_cross_entropy_kernels

extension CrossEntropyKernels {
  /// Every variant that this build has.
  static let variants: [KernelRow<CrossEntropyKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_cross_entropy_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_cross_entropy_kernels__avx512))
    #endif
    return rows
  }()

  static let portable = CrossEntropyKernels(cross_entropy: tsr_f32_cross_entropy__portable)
}

/// The contract is in tsr_cross_entropy.h.
func tsr_f32_cross_entropy__portable(_ block: UnsafePointer<tsr_cross_entropy_f32>?) {
  let block = block!.pointee
  let count = block.columns
  for index in 0..<block.rows {
    let row = block.logits! + index * block.logits_stride
    let target = block.targets![index]
    guard target != block.ignored else {
      if block.gradients { row.update(repeating: 0, count: count) }
      continue
    }
    let maximum = greatest(row, count: count)
    let ofTarget = maximum - row[Int(target)]
    let differences = block.smoothing > 0 ? sumOfDifferences(row, from: maximum, count: count) : 0
    let sum = exponentials(of: row, minus: maximum, to: row, count: count)
    block.results![index] = tsr_cross_entropy_row(target: ofTarget, differences: differences, sum: sum)
    guard block.gradients else { continue }
    let scale = SIMD8<Float>(repeating: block.factor / sum)
    let shift = SIMD8<Float>(repeating: -(block.factor * block.smoothing / Float(count)))
    forEachEight(of: count) { column, _ in
      storeLanes(multiplyAdd(loadLanes(row, at: column, of: count), scale, shift), to: row, at: column, of: count)
    }
    row[Int(target)] -= block.factor * (1 - block.smoothing)
  }
}

private func sumOfDifferences(_ row: UnsafePointer<Float>, from greatest: Float, count: Int) -> Float {
  var sums = SIMD8<Float>(repeating: 0)
  forEachEight(of: count) { column, lanes in
    let difference: SIMD8<Float> = SIMD8(repeating: greatest) - loadLanes(row, at: column, of: count)
    sums += difference.keeping(lanes)
  }
  return sums.sum()
}
