import CTesseraKernels

/// The variants of the contraction family: what every matrix product of the library is made of.
struct ContractionKernels: KernelVariant {
  let instructionSet: InstructionSet
  private let functions: tsr_contraction_kernels

  /// Columns of one packed panel: the width of the register tile.
  var panelColumns: Int { functions.panel }
  /// Packs a tile of the right operand into panels.
  var pack: tsr_f32_contraction_pack_kernel { functions.pack }
  /// Multiplies a block of rows with packed panels.
  var block: tsr_f32_contraction_block_kernel { functions.block }
  /// Brings rows of the left operand one after the other.
  var rows: tsr_f32_contraction_rows_kernel { functions.rows }
  /// Brings finished sums of panels into rows.
  var store: tsr_f32_contraction_store_kernel { functions.store }

  /// Every variant that this build has.
  static let variants: [ContractionKernels] = {
    var variants = [
      ContractionKernels(
        instructionSet: .portable,
        functions: tsr_contraction_kernels(
          panel: portablePanelColumns, pack: tsr_f32_contraction_pack__portable,
          block: tsr_f32_contraction_block__portable, rows: tsr_f32_contraction_rows__portable,
          store: tsr_f32_contraction_store__portable))
    ]
    #if arch(x86_64)
      variants.append(ContractionKernels(instructionSet: .avx2, functions: tsr_contraction_kernels__avx2))
      variants.append(ContractionKernels(instructionSet: .avx512, functions: tsr_contraction_kernels__avx512))
    #endif
    return variants
  }()
}
