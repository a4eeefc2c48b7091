import CTesseraKernels

/// The variants of rotary embedding.
struct RotaryEmbeddingKernels: KernelVariant {
  let instructionSet: InstructionSet
  let interleaved: tsr_f32_rotary_embedding_kernel
  let halfSplit: tsr_f32_rotary_embedding_kernel

  /// Every variant that this build has.
  static let variants: [RotaryEmbeddingKernels] = {
    var rows = [
      RotaryEmbeddingKernels(
        instructionSet: .portable, interleaved: tsr_f32_rotary_embedding_interleaved__portable,
        halfSplit: tsr_f32_rotary_embedding_half_split__portable)
    ]
    #if arch(x86_64)
      rows.append(
        RotaryEmbeddingKernels(
          instructionSet: .avx2, interleaved: tsr_f32_rotary_embedding_interleaved__avx2,
          halfSplit: tsr_f32_rotary_embedding_half_split__avx2))
      rows.append(
        RotaryEmbeddingKernels(
          instructionSet: .avx512, interleaved: tsr_f32_rotary_embedding_interleaved__avx512,
          halfSplit: tsr_f32_rotary_embedding_half_split__avx512))
    #endif
    return rows
  }()
}
