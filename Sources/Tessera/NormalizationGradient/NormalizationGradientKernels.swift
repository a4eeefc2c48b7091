import CTesseraKernels

/// The functions of one variant for the gradients of norms.
typealias NormalizationGradientKernels = tsr_normalization_gradient_kernels

extension NormalizationGradientKernels {
  /// Every variant that this build has.
  static let variants: [KernelRow<NormalizationGradientKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_normalization_gradient_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_normalization_gradient_kernels__avx512))
    #endif
    return rows
  }()

  func gradient(of norm: Norm) -> tsr_f32_normalization_gradient_kernel {
    norm == .layer ? layer_norm_gradient : rms_norm_gradient
  }

  func parameterGradients(of norm: Norm) -> tsr_f32_normalization_parameter_gradients_kernel {
    norm == .layer ? layer_norm_parameter_gradients : rms_norm_parameter_gradients
  }
}
