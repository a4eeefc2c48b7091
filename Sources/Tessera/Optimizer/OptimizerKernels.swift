import CTesseraKernels

/// The functions of one variant for training's last step.
typealias OptimizerKernels = tsr_optimizer_kernels

extension OptimizerKernels {
  /// Every variant that this build has.
  static let variants: [KernelRow<OptimizerKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_optimizer_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_optimizer_kernels__avx512))
    #endif
    return rows
  }()

  static let portable = OptimizerKernels(
    adamw: tsr_f32_adamw__portable, sum_of_squares: tsr_f32_sum_of_squares__portable)
}
