import CTesseraKernels

/// The functions of one variant for what attention's backward pass does to rows between its products.
package typealias AttentionGradientKernels = tsr_attention_gradient_kernels

extension AttentionGradientKernels {
  /// Every variant that this build has.
  package static let variants: [KernelRow<AttentionGradientKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_attention_gradient_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_attention_gradient_kernels__avx512))
    #endif
    return rows
  }()
}
