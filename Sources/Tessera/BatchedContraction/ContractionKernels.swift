import CTesseraKernels

/// The functions of one variant that every matrix product of the library is made of.
typealias ContractionKernels = tsr_contraction_kernels

extension ContractionKernels {
  /// Every variant that this build has.
  static let variants: [KernelRow<ContractionKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_contraction_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_contraction_kernels__avx512))
    #endif
    return rows
  }()

  /// Columns of one packed panel: the width of the register tile.
  var panelColumns: Int { panel }
}
