import CTesseraKernels

/// The functions of one variant that read stored elements: a linear map of few rows, and dequantisation.
typealias StoredKernels = tsr_stored_kernels

extension StoredKernels {
  /// Every variant that this build has.
  static let variants: [KernelRow<StoredKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_stored_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_stored_kernels__avx512))
    #endif
    return rows
  }()

  /// nil where the variant's linear map reads inputs of all types where they lie.
  var arranged: (count: tsr_f32_stored_arranged_count_kernel, arrange: tsr_f32_stored_arrange_kernel)? {
    arranged_count.map { ($0, arrange) }
  }
}

extension ElementType {
  /// As kernels know it.
  var kernelType: tsr_stored_type { tsr_stored_type(rawValue) }

  /// Bytes of a row of so many elements, which are whole blocks.
  func rowBytes(_ elements: Int) -> Int { elements / blockElements * blockBytes }

  /// Throws unless rows of this many elements are whole blocks.
  func checkRow(_ elements: Int, operation: String, operand: String) throws(TesseraError) {
    guard elements % blockElements == 0 else {
      throw .invalidOperand(
        operation: operation, operand: operand, expected: "a multiple of \(blockElements), as blocks of \(name) are",
        actual: "\(elements)")
    }
  }
}
