import CTesseraKernels

/// The function of one variant that adds the bias of queries, keys and values and splits them into heads.
typealias AttentionInputBiasKernels = tsr_attention_input_bias_kernels

extension AttentionInputBiasKernels {
  /// Every variant that this build has.
  static let variants: [KernelRow<AttentionInputBiasKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_attention_input_bias_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_attention_input_bias_kernels__avx512))
    #endif
    return rows
  }()
}
