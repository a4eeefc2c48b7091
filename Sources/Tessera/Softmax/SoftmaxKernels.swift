import CTesseraKernels

/// The variants of the softmax family: alone, and with what attention does to stored scores around it.
struct SoftmaxKernels: KernelVariant {
  let instructionSet: InstructionSet
  let softmax: tsr_f32_softmax_kernel
  let scaledMaskedSoftmaxDropout: tsr_f32_scaled_masked_softmax_dropout_kernel

  /// Every variant that this build has.
  static let variants: [SoftmaxKernels] = {
    var rows = [
      SoftmaxKernels(
        instructionSet: .portable, softmax: tsr_f32_softmax__portable,
        scaledMaskedSoftmaxDropout: tsr_f32_scaled_masked_softmax_dropout__portable)
    ]
    #if arch(x86_64)
      rows.append(
        SoftmaxKernels(
          instructionSet: .avx2, softmax: tsr_f32_softmax__avx2,
          scaledMaskedSoftmaxDropout: tsr_f32_scaled_masked_softmax_dropout__avx2))
      rows.append(
        SoftmaxKernels(
          instructionSet: .avx512, softmax: tsr_f32_softmax__avx512,
          scaledMaskedSoftmaxDropout: tsr_f32_scaled_masked_softmax_dropout__avx512))
    #endif
    return rows
  }()
}
