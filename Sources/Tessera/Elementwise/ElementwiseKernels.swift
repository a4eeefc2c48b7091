import CTesseraKernels

/// The variants of the element-wise family: one kernel for each set of stages that an operator needs.
struct ElementwiseKernels: KernelVariant {
  let instructionSet: InstructionSet
  private let kernels: [ElementwiseStages: tsr_f32_elementwise_kernel]

  /// The kernel of exactly these stages, which must be one of those below.
  subscript(stages: ElementwiseStages) -> tsr_f32_elementwise_kernel { kernels[stages]! }

  /// Every variant that this build has.
  static let variants: [ElementwiseKernels] = {
    var rows = [ElementwiseKernels(instructionSet: .portable, kernels: portable)]
    #if arch(x86_64)
      rows.append(ElementwiseKernels(instructionSet: .avx2, kernels: avx2))
      rows.append(ElementwiseKernels(instructionSet: .avx512, kernels: avx512))
    #endif
    return rows
  }()

  private static let portable: [ElementwiseStages: tsr_f32_elementwise_kernel] = [
    [.scale]: tsr_f32_scale__portable,
    [.bias]: tsr_f32_bias__portable,
    [.relu]: tsr_f32_relu__portable,
    [.gelu]: tsr_f32_gelu__portable,
    [.geluTanh]: tsr_f32_gelu_tanh__portable,
    [.silu]: tsr_f32_silu__portable,
    [.dropout]: tsr_f32_dropout__portable,
    [.residual]: tsr_f32_residual__portable,
    [.bias, .relu]: tsr_f32_bias_relu__portable,
    [.bias, .gelu]: tsr_f32_bias_gelu__portable,
    [.bias, .geluTanh]: tsr_f32_bias_gelu_tanh__portable,
    [.bias, .silu]: tsr_f32_bias_silu__portable,
    [.bias, .relu, .dropout]: tsr_f32_bias_relu_dropout__portable,
    [.bias, .gelu, .dropout]: tsr_f32_bias_gelu_dropout__portable,
    [.bias, .geluTanh, .dropout]: tsr_f32_bias_gelu_tanh_dropout__portable,
    [.bias, .silu, .dropout]: tsr_f32_bias_silu_dropout__portable,
    [.bias, .residual]: tsr_f32_bias_residual__portable,
    [.bias, .dropout, .residual]: tsr_f32_bias_dropout_residual__portable,
    [.bias, .relu, .residual]: tsr_f32_bias_relu_residual__portable,
    [.relu, .gate]: tsr_f32_relu_gate__portable,
    [.gelu, .gate]: tsr_f32_gelu_gate__portable,
    [.geluTanh, .gate]: tsr_f32_gelu_tanh_gate__portable,
    [.silu, .gate]: tsr_f32_silu_gate__portable,
  ]

  #if arch(x86_64)
    private static let avx2: [ElementwiseStages: tsr_f32_elementwise_kernel] = [
      [.scale]: tsr_f32_scale__avx2,
      [.bias]: tsr_f32_bias__avx2,
      [.relu]: tsr_f32_relu__avx2,
      [.gelu]: tsr_f32_gelu__avx2,
      [.geluTanh]: tsr_f32_gelu_tanh__avx2,
      [.silu]: tsr_f32_silu__avx2,
      [.dropout]: tsr_f32_dropout__avx2,
      [.residual]: tsr_f32_residual__avx2,
      [.bias, .relu]: tsr_f32_bias_relu__avx2,
      [.bias, .gelu]: tsr_f32_bias_gelu__avx2,
      [.bias, .geluTanh]: tsr_f32_bias_gelu_tanh__avx2,
      [.bias, .silu]: tsr_f32_bias_silu__avx2,
      [.bias, .relu, .dropout]: tsr_f32_bias_relu_dropout__avx2,
      [.bias, .gelu, .dropout]: tsr_f32_bias_gelu_dropout__avx2,
      [.bias, .geluTanh, .dropout]: tsr_f32_bias_gelu_tanh_dropout__avx2,
      [.bias, .silu, .dropout]: tsr_f32_bias_silu_dropout__avx2,
      [.bias, .residual]: tsr_f32_bias_residual__avx2,
      [.bias, .dropout, .residual]: tsr_f32_bias_dropout_residual__avx2,
      [.bias, .relu, .residual]: tsr_f32_bias_relu_residual__avx2,
      [.relu, .gate]: tsr_f32_relu_gate__avx2,
      [.gelu, .gate]: tsr_f32_gelu_gate__avx2,
      [.geluTanh, .gate]: tsr_f32_gelu_tanh_gate__avx2,
      [.silu, .gate]: tsr_f32_silu_gate__avx2,
    ]

    private static let avx512: [ElementwiseStages: tsr_f32_elementwise_kernel] = [
      [.scale]: tsr_f32_scale__avx512,
      [.bias]: tsr_f32_bias__avx512,
      [.relu]: tsr_f32_relu__avx512,
      [.gelu]: tsr_f32_gelu__avx512,
      [.geluTanh]: tsr_f32_gelu_tanh__avx512,
      [.silu]: tsr_f32_silu__avx512,
      [.dropout]: tsr_f32_dropout__avx512,
      [.residual]: tsr_f32_residual__avx512,
      [.bias, .relu]: tsr_f32_bias_relu__avx512,
      [.bias, .gelu]: tsr_f32_bias_gelu__avx512,
      [.bias, .geluTanh]: tsr_f32_bias_gelu_tanh__avx512,
      [.bias, .silu]: tsr_f32_bias_silu__avx512,
      [.bias, .relu, .dropout]: tsr_f32_bias_relu_dropout__avx512,
      [.bias, .gelu, .dropout]: tsr_f32_bias_gelu_dropout__avx512,
      [.bias, .geluTanh, .dropout]: tsr_f32_bias_gelu_tanh_dropout__avx512,
      [.bias, .silu, .dropout]: tsr_f32_bias_silu_dropout__avx512,
      [.bias, .residual]: tsr_f32_bias_residual__avx512,
      [.bias, .dropout, .residual]: tsr_f32_bias_dropout_residual__avx512,
      [.bias, .relu, .residual]: tsr_f32_bias_relu_residual__avx512,
      [.relu, .gate]: tsr_f32_relu_gate__avx512,
      [.gelu, .gate]: tsr_f32_gelu_gate__avx512,
      [.geluTanh, .gate]: tsr_f32_gelu_tanh_gate__avx512,
      [.silu, .gate]: tsr_f32_silu_gate__avx512,
    ]
  #endif
}
