import CTesseraKernels

/// The norms' functions of one variant: each norm alone, and with what the layer does before it.
typealias NormalizationKernels = tsr_normalization_kernels

extension NormalizationKernels {
  /// Every variant that this build has.
  static let variants: [KernelRow<NormalizationKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_normalization_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_normalization_kernels__avx512))
    #endif
    return rows
  }()

  func kernel(of norm: Norm, isFused: Bool) -> tsr_f32_normalization_kernel {
    switch (norm, isFused) {
    case (.layer, false): layer_norm
    case (.layer, true): bias_dropout_residual_layer_norm
    case (.rootMeanSquare, false): rms_norm
    case (.rootMeanSquare, true): bias_dropout_residual_rms_norm
    }
  }
}
