import CTesseraKernels

/// The softmax family's functions of one variant: alone, and with what attention does to stored scores around it.
typealias SoftmaxKernels = tsr_softmax_kernels

extension SoftmaxKernels {
  /// Every variant that this build has.
  static let variants: [KernelRow<SoftmaxKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_softmax_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_softmax_kernels__avx512))
    #endif
    return rows
  }()
}
