import CTesseraKernels

/// The function of one variant for the gradient of softmax.
typealias SoftmaxGradientKernels = tsr_softmax_gradient_kernels

extension SoftmaxGradientKernels {
  /// Every variant that this build has.
  static let variants: [KernelRow<SoftmaxGradientKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_softmax_gradient_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_softmax_gradient_kernels__avx512))
    #endif
    return rows
  }()

  static let portable = SoftmaxGradientKernels(softmax_gradient: tsr_f32_softmax_gradient__portable)
}

/// The contract is in tsr_softmax_gradient.h. `streaming` is a wish that plain Swift cannot grant.
func tsr_f32_softmax_gradient__portable(_ block: UnsafePointer<tsr_softmax_gradient_f32>?) {
  let block = block!.pointee
  let count = block.columns
  guard count > 0 else { return }
  let drops = block.dropout.threshold > 0
  let zero = SIMD8<Float>(repeating: 0)
  for row in 0..<block.rows {
    let outputGradient = block.output_gradient! + row * block.output_gradient_stride
    let probabilities = block.probabilities! + row * block.probabilities_stride
    let output = block.input_gradient! + row * block.input_gradient_stride
    let draws = DropoutRow(block.dropout, row: block.dropout.row &+ UInt32(truncatingIfNeeded: row))
    var sums = zero
    forEachEight(of: count) { column, _ in
      let probability = loadLanes(probabilities, at: column, of: count)
      var gradient = loadLanes(outputGradient, at: column, of: count)
      if drops {
        gradient = draws.apply(gradient, block: column / 8)
        storeLanes(gradient, to: block.scratch!, at: column, of: count)
      }
      let product: SIMD8<Float> = probability * gradient
      sums += product.replacing(with: zero, where: probability .<= zero)
    }
    let sum = SIMD8<Float>(repeating: sums.sum())
    let gradients = drops ? UnsafePointer(block.scratch!) : outputGradient
    forEachEight(of: count) { column, _ in
      let probability = loadLanes(probabilities, at: column, of: count)
      let difference: SIMD8<Float> = loadLanes(gradients, at: column, of: count) - sum
      let product: SIMD8<Float> = probability * difference
      let result: SIMD8<Float> = product * block.scale
      storeLanes(result.replacing(with: zero, where: probability .<= zero), to: output, at: column, of: count)
    }
  }
}
