import CTesseraKernels

/// The functions of one variant for the gradients of element-wise operators.
typealias ElementwiseGradientKernels = tsr_elementwise_gradient_kernels

extension ElementwiseGradientKernels {
  /// Every variant that this build has.
  static let variants: [KernelRow<ElementwiseGradientKernels>] = {
    var rows = [KernelRow(.portable, portable)]
    #if arch(x86_64)
      rows.append(KernelRow(.avx2, tsr_elementwise_gradient_kernels__avx2))
      rows.append(KernelRow(.avx512, tsr_elementwise_gradient_kernels__avx512))
    #endif
    return rows
  }()

  func gradient(of activation: Activation) -> tsr_f32_activation_gradient_kernel {
    switch activation {
    case .relu: relu_gradient
    case .gelu: gelu_gradient
    case .geluTanh: gelu_tanh_gradient
    case .silu: silu_gradient
    }
  }

  func gateGradient(of activation: Activation) -> tsr_f32_gate_gradient_kernel {
    switch activation {
    case .relu: relu_gate_gradient
    case .gelu: gelu_gate_gradient
    case .geluTanh: gelu_tanh_gate_gradient
    case .silu: silu_gate_gradient
    }
  }
}
