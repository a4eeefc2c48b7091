import CTesseraKernels

/// The variants of the measuring loops: what the peaks are measured with.
package struct MachineKernels: KernelVariant {
  package let instructionSet: InstructionSet
  /// Whether the stream kernels follow `streaming`.
  package let hasNonTemporalStores: Bool
  package let fusedMultiplyAdd: tsr_machine_fma_kernel
  package let loadedMultiplyAdd: tsr_machine_loaded_fma_kernel
  package let read: tsr_machine_stream_kernel
  package let inPlace: tsr_machine_stream_kernel
  package let copy: tsr_machine_stream_kernel
  package let twoToOne: tsr_machine_stream_kernel
  package let oneToTwo: tsr_machine_stream_kernel

  /// Every variant that this build has.
  package static let variants: [MachineKernels] = {
    var rows = [
      MachineKernels(
        instructionSet: .portable, hasNonTemporalStores: false, fusedMultiplyAdd: tsr_machine_fma_f32__portable,
        loadedMultiplyAdd: tsr_machine_loaded_fma_f32__portable, read: tsr_machine_read__portable,
        inPlace: tsr_machine_in_place__portable, copy: tsr_machine_copy__portable,
        twoToOne: tsr_machine_two_to_one__portable, oneToTwo: tsr_machine_one_to_two__portable)
    ]
    #if arch(x86_64)
      rows.append(
        MachineKernels(
          instructionSet: .avx2, hasNonTemporalStores: true, fusedMultiplyAdd: tsr_machine_fma_f32__avx2,
          loadedMultiplyAdd: tsr_machine_loaded_fma_f32__avx2, read: tsr_machine_read__avx2,
          inPlace: tsr_machine_in_place__avx2, copy: tsr_machine_copy__avx2,
          twoToOne: tsr_machine_two_to_one__avx2, oneToTwo: tsr_machine_one_to_two__avx2))
      rows.append(
        MachineKernels(
          instructionSet: .avx512, hasNonTemporalStores: true, fusedMultiplyAdd: tsr_machine_fma_f32__avx512,
          loadedMultiplyAdd: tsr_machine_loaded_fma_f32__avx512, read: tsr_machine_read__avx512,
          inPlace: tsr_machine_in_place__avx512, copy: tsr_machine_copy__avx512,
          twoToOne: tsr_machine_two_to_one__avx512, oneToTwo: tsr_machine_one_to_two__avx512))
    #endif
    return rows
  }()

  package func stream(_ kind: BandwidthKind) -> tsr_machine_stream_kernel {
    switch kind {
    case .read: read
    case .inPlace: inPlace
    case .copy: copy
    case .twoToOne: twoToOne
    case .oneToTwo: oneToTwo
    }
  }
}
