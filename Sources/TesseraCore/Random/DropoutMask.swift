import CTesseraKernels

/// The generator's function of one variant.
package typealias DropoutMaskKernels = tsr_philox_kernels

extension DropoutMaskKernels {
  /// Every variant that this build has.
  package static let variants: [KernelRow<DropoutMaskKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_philox_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_philox_kernels__avx512))
    #endif
    return rows
  }()
}

extension Dropout {
  /// Writes the keep decisions of one row, one byte an element: 1 kept, 0 dropped.
  ///
  /// plane and row are 0 to 2³² − 1. Instructions that the machine lacks are replaced by its best.
  public func writeMask(
    plane: Int = 0, row: Int, into mask: UnsafeMutableBufferPointer<UInt8>, instructionSet: InstructionSet = .best
  ) {
    guard let start = mask.baseAddress, mask.count > 0 else { return }
    guard !isIdentity else { return mask.update(repeating: 1) }
    var argument = kernelArgument(plane: plane, row: row)
    DropoutMaskKernels.variants.best(for: min(instructionSet, .best)).dropout_mask(&argument, mask.count, start)
  }
}
