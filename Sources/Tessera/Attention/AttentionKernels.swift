import CTesseraKernels

/// The variants of the attention family: what tiled attention does to rows of scores and of output, and the
/// products of few rows.
package struct AttentionKernels: KernelVariant {
  package let instructionSet: InstructionSet
  package let scale: tsr_f32_attention_scale_kernel
  package let softcap: tsr_f32_attention_softcap_kernel
  package let bias: tsr_f32_attention_bias_kernel
  package let mask: tsr_f32_attention_mask_kernel
  package let softmax: tsr_f32_attention_softmax_kernel
  package let scores: tsr_f32_attention_scores_kernel
  package let values: tsr_f32_attention_values_kernel
  package let finish: tsr_f32_attention_finish_kernel
  package let merge: tsr_f32_attention_merge_kernel
  package let finite: tsr_f32_attention_finite_kernel
  /// The exponential alone, which no operator calls: for the tests of its accuracy.
  package let exp2: tsr_f32_exp2_kernel

  /// Every variant that this build has.
  package static let variants: [AttentionKernels] = {
    var rows = [
      AttentionKernels(
        instructionSet: .portable, scale: tsr_f32_attention_scale__portable,
        softcap: tsr_f32_attention_softcap__portable, bias: tsr_f32_attention_bias__portable,
        mask: tsr_f32_attention_mask__portable, softmax: tsr_f32_attention_softmax__portable,
        scores: tsr_f32_attention_scores__portable, values: tsr_f32_attention_values__portable,
        finish: tsr_f32_attention_finish__portable, merge: tsr_f32_attention_merge__portable,
        finite: tsr_f32_attention_finite__portable,
        exp2: tsr_f32_exp2__portable)
    ]
    #if arch(x86_64)
      rows.append(
        AttentionKernels(
          instructionSet: .avx2, scale: tsr_f32_attention_scale__avx2, softcap: tsr_f32_attention_softcap__avx2,
          bias: tsr_f32_attention_bias__avx2, mask: tsr_f32_attention_mask__avx2,
          softmax: tsr_f32_attention_softmax__avx2, scores: tsr_f32_attention_scores__avx2,
          values: tsr_f32_attention_values__avx2, finish: tsr_f32_attention_finish__avx2,
          merge: tsr_f32_attention_merge__avx2, finite: tsr_f32_attention_finite__avx2, exp2: tsr_f32_exp2__avx2))
      rows.append(
        AttentionKernels(
          instructionSet: .avx512, scale: tsr_f32_attention_scale__avx512,
          softcap: tsr_f32_attention_softcap__avx512, bias: tsr_f32_attention_bias__avx512,
          mask: tsr_f32_attention_mask__avx512, softmax: tsr_f32_attention_softmax__avx512,
          scores: tsr_f32_attention_scores__avx512, values: tsr_f32_attention_values__avx512,
          finish: tsr_f32_attention_finish__avx512, merge: tsr_f32_attention_merge__avx512,
          finite: tsr_f32_attention_finite__avx512, exp2: tsr_f32_exp2__avx512
        ))
    #endif
    return rows
  }()
}
