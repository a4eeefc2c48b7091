import CTesseraKernels

/// The variants of the contraction family: pack a tile of the right operand, multiply a block with it.
struct ContractionKernels: KernelVariant {
  let instructionSet: InstructionSet
  /// Columns of one packed panel: the width of the register tile.
  let panelColumns: Int
  let pack: tsr_f32_contraction_pack_kernel
  let block: tsr_f32_contraction_block_kernel

  /// Every variant that this build has.
  static let variants: [ContractionKernels] = {
    var rows = [
      ContractionKernels(
        instructionSet: .portable, panelColumns: portablePanelColumns, pack: tsr_f32_contraction_pack__portable,
        block: tsr_f32_contraction_block__portable)
    ]
    #if arch(x86_64)
      rows.append(
        ContractionKernels(
          instructionSet: .avx2, panelColumns: Int(TSR_CONTRACTION_PANEL__AVX2),
          pack: tsr_f32_contraction_pack__avx2, block: tsr_f32_contraction_block__avx2))
      rows.append(
        ContractionKernels(
          instructionSet: .avx512, panelColumns: Int(TSR_CONTRACTION_PANEL__AVX512),
          pack: tsr_f32_contraction_pack__avx512, block: tsr_f32_contraction_block__avx512))
    #endif
    return rows
  }()
}
