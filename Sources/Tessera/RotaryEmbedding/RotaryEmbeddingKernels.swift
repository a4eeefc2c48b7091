import CTesseraKernels

/// Rotary embedding's functions of one variant.
typealias RotaryEmbeddingKernels = tsr_rotary_embedding_kernels

extension RotaryEmbeddingKernels {
  /// Every variant that this build has.
  static let variants: [KernelRow<RotaryEmbeddingKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_rotary_embedding_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_rotary_embedding_kernels__avx512))
    #endif
    return rows
  }()
}
