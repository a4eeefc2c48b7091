import CTesseraKernels

/// The measuring loops of one variant: what the peaks are measured with.
package typealias MachineKernels = tsr_machine_kernels

extension MachineKernels {
  /// Every variant that this build has.
  package static let variants: [KernelRow<MachineKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_machine_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_machine_kernels__avx512))
    #endif
    return rows
  }()

  package func stream(_ kind: BandwidthKind) -> tsr_machine_stream_kernel {
    switch kind {
    case .read: read
    case .inPlace: in_place
    case .copy: copy
    case .twoToOne: two_to_one
    case .oneToTwo: one_to_two
    }
  }
}
