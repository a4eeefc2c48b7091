import CTesseraKernels

/// The variants of the kernel that adds the bias of queries, keys and values and splits them into heads.
struct AttentionInputBiasKernels: KernelVariant {
  let instructionSet: InstructionSet
  let attentionInputBias: tsr_f32_attention_input_bias_kernel

  /// Every variant that this build has.
  static let variants: [AttentionInputBiasKernels] = {
    var rows = [
      AttentionInputBiasKernels(
        instructionSet: .portable, attentionInputBias: tsr_f32_attention_input_bias__portable)
    ]
    #if arch(x86_64)
      rows.append(
        AttentionInputBiasKernels(instructionSet: .avx2, attentionInputBias: tsr_f32_attention_input_bias__avx2))
      rows.append(
        AttentionInputBiasKernels(instructionSet: .avx512, attentionInputBias: tsr_f32_attention_input_bias__avx512))
    #endif
    return rows
  }()
}
