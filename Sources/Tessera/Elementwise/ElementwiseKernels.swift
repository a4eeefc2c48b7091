import CTesseraKernels

/// The element-wise functions of one variant: one for each set of stages that an operator needs.
struct ElementwiseKernels {
  private let kernels: [ElementwiseStages: tsr_f32_elementwise_kernel]

  /// The kernel of exactly these stages, which the family must have.
  subscript(stages: ElementwiseStages) -> tsr_f32_elementwise_kernel { kernels[stages]! }

  /// Every variant that this build has.
  static let variants: [KernelRow<ElementwiseKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, ElementwiseKernels(tsr_elementwise_kernels__avx2)))
      rows.append(KernelRow(.avx512, ElementwiseKernels(tsr_elementwise_kernels__avx512)))
    #endif
    return rows
  }()

  init(_ kernels: [ElementwiseStages: tsr_f32_elementwise_kernel]) { self.kernels = kernels }

  init(_ table: tsr_elementwise_kernels) {
    self.init(
      Dictionary(
        uniqueKeysWithValues: UnsafeBufferPointer(start: table.kernels, count: table.count).map {
          (ElementwiseStages(rawValue: Int($0.stages)), $0.kernel)
        }))
  }
}
