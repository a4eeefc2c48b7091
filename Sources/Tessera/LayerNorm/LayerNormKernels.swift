import CTesseraKernels

/// The variants of the layer norm family: alone, and with what the layer does before it.
struct LayerNormKernels: KernelVariant {
  let instructionSet: InstructionSet
  let layerNorm: tsr_f32_layer_norm_kernel
  let biasDropoutResidualLayerNorm: tsr_f32_layer_norm_kernel

  /// Every variant that this build has.
  static let variants: [LayerNormKernels] = {
    var rows = [
      LayerNormKernels(
        instructionSet: .portable, layerNorm: tsr_f32_layer_norm__portable,
        biasDropoutResidualLayerNorm: tsr_f32_bias_dropout_residual_layer_norm__portable)
    ]
    #if arch(x86_64)
      rows.append(
        LayerNormKernels(
          instructionSet: .avx2, layerNorm: tsr_f32_layer_norm__avx2,
          biasDropoutResidualLayerNorm: tsr_f32_bias_dropout_residual_layer_norm__avx2))
      rows.append(
        LayerNormKernels(
          instructionSet: .avx512, layerNorm: tsr_f32_layer_norm__avx512,
          biasDropoutResidualLayerNorm: tsr_f32_bias_dropout_residual_layer_norm__avx512))
    #endif
    return rows
  }()
}
