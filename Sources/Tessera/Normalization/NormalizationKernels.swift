import CTesseraKernels

/// The variants of the norms' family: each norm alone, and with what the layer does before it.
struct NormalizationKernels: KernelVariant {
  let instructionSet: InstructionSet
  let layerNorm: tsr_f32_normalization_kernel
  let rmsNorm: tsr_f32_normalization_kernel
  let biasDropoutResidualLayerNorm: tsr_f32_normalization_kernel
  let biasDropoutResidualRMSNorm: tsr_f32_normalization_kernel

  /// Every variant that this build has.
  static let variants: [NormalizationKernels] = {
    var rows = [
      NormalizationKernels(
        instructionSet: .portable, layerNorm: tsr_f32_layer_norm__portable, rmsNorm: tsr_f32_rms_norm__portable,
        biasDropoutResidualLayerNorm: tsr_f32_bias_dropout_residual_layer_norm__portable,
        biasDropoutResidualRMSNorm: tsr_f32_bias_dropout_residual_rms_norm__portable)
    ]
    #if arch(x86_64)
      rows.append(
        NormalizationKernels(
          instructionSet: .avx2, layerNorm: tsr_f32_layer_norm__avx2, rmsNorm: tsr_f32_rms_norm__avx2,
          biasDropoutResidualLayerNorm: tsr_f32_bias_dropout_residual_layer_norm__avx2,
          biasDropoutResidualRMSNorm: tsr_f32_bias_dropout_residual_rms_norm__avx2))
      rows.append(
        NormalizationKernels(
          instructionSet: .avx512, layerNorm: tsr_f32_layer_norm__avx512, rmsNorm: tsr_f32_rms_norm__avx512,
          biasDropoutResidualLayerNorm: tsr_f32_bias_dropout_residual_layer_norm__avx512,
          biasDropoutResidualRMSNorm: tsr_f32_bias_dropout_residual_rms_norm__avx512))
    #endif
    return rows
  }()

  func kernel(of norm: Norm, isFused: Bool) -> tsr_f32_normalization_kernel {
    switch (norm, isFused) {
    case (.layer, false): layerNorm
    case (.layer, true): biasDropoutResidualLayerNorm
    case (.rootMeanSquare, false): rmsNorm
    case (.rootMeanSquare, true): biasDropoutResidualRMSNorm
    }
  }
}
