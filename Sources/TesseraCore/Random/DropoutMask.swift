import CTesseraKernels

/// The variants of the generator's kernel family.
public struct DropoutMaskKernels: KernelVariant {
  public let instructionSet: InstructionSet
  /// `tsr_u8_dropout_mask`
  public let mask: tsr_u8_dropout_mask_kernel

  /// Every variant that this build has.
  public static let variants: [DropoutMaskKernels] = {
    var rows = [DropoutMaskKernels(instructionSet: .portable, mask: tsr_u8_dropout_mask__portable)]
    #if arch(x86_64)
      rows.append(DropoutMaskKernels(instructionSet: .avx2, mask: tsr_u8_dropout_mask__avx2))
      rows.append(DropoutMaskKernels(instructionSet: .avx512, mask: tsr_u8_dropout_mask__avx512))
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
    DropoutMaskKernels.variants.best(for: min(instructionSet, .best)).mask(&argument, mask.count, start)
  }
}
