import CTesseraKernels

/// The variants of the element-wise family: one kernel for each stage, or run of stages, that an operator needs.
struct ElementwiseKernels: KernelVariant {
  let instructionSet: InstructionSet
  let bias: tsr_f32_elementwise_kernel
  let scale: tsr_f32_elementwise_kernel
  let relu: tsr_f32_elementwise_kernel
  let dropout: tsr_f32_elementwise_kernel
  let residual: tsr_f32_elementwise_kernel

  /// Every variant that this build has.
  static let variants: [ElementwiseKernels] = {
    var rows = [
      ElementwiseKernels(
        instructionSet: .portable, bias: tsr_f32_bias__portable, scale: tsr_f32_scale__portable,
        relu: tsr_f32_relu__portable, dropout: tsr_f32_dropout__portable, residual: tsr_f32_residual__portable)
    ]
    #if arch(x86_64)
      rows.append(
        ElementwiseKernels(
          instructionSet: .avx2, bias: tsr_f32_bias__avx2, scale: tsr_f32_scale__avx2, relu: tsr_f32_relu__avx2,
          dropout: tsr_f32_dropout__avx2, residual: tsr_f32_residual__avx2))
      rows.append(
        ElementwiseKernels(
          instructionSet: .avx512, bias: tsr_f32_bias__avx512, scale: tsr_f32_scale__avx512,
          relu: tsr_f32_relu__avx512, dropout: tsr_f32_dropout__avx512, residual: tsr_f32_residual__avx512))
    #endif
    return rows
  }()
}
