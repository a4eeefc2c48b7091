import CTesseraKernels

/// The attention family's functions of one variant: what tiled attention does to rows of scores and of output, and the
/// products of few rows.
package typealias AttentionKernels = tsr_attention_kernels

extension AttentionKernels {
  /// Every variant that this build has.
  package static let variants: [KernelRow<AttentionKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_attention_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_attention_kernels__avx512))
    #endif
    return rows
  }()
}
