import CTesseraKernels

/// The variants of what reads stored elements: a linear map of few rows, and dequantisation.
struct StoredKernels: KernelVariant {
  let instructionSet: InstructionSet
  let linear: tsr_f32_stored_linear_kernel
  let dequantize: tsr_f32_dequantize_kernel
  /// Of variants whose linear map wants its input in another order for some types.
  var arranged: (count: tsr_f32_stored_arranged_count_kernel, arrange: tsr_f32_stored_arrange_kernel)?

  /// Every variant that this build has.
  static let variants: [StoredKernels] = {
    var rows = [
      StoredKernels(
        instructionSet: .portable, linear: tsr_f32_stored_linear__portable, dequantize: tsr_f32_dequantize__portable)
    ]
    #if arch(x86_64)
      rows.append(
        StoredKernels(
          instructionSet: .avx2, linear: tsr_f32_stored_linear__avx2, dequantize: tsr_f32_dequantize__avx2))
      rows.append(
        StoredKernels(
          instructionSet: .avx512, linear: tsr_f32_stored_linear__avx512, dequantize: tsr_f32_dequantize__avx512,
          arranged: (tsr_f32_stored_arranged_count__avx512, tsr_f32_stored_arrange__avx512)))
    #endif
    return rows
  }()
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
