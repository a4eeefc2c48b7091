import CTesseraKernels

// The contracts are in tsr_elementwise_gradient.h. `streaming` is a wish that plain Swift cannot grant.

func tsr_f32_relu_gate_gradient__portable(_ block: UnsafePointer<tsr_gate_gradient_f32>?) {
  gateGradients(of: block!.pointee, .relu)
}

func tsr_f32_gelu_gate_gradient__portable(_ block: UnsafePointer<tsr_gate_gradient_f32>?) {
  gateGradients(of: block!.pointee, .gelu)
}

func tsr_f32_gelu_tanh_gate_gradient__portable(_ block: UnsafePointer<tsr_gate_gradient_f32>?) {
  gateGradients(of: block!.pointee, .geluTanh)
}

func tsr_f32_silu_gate_gradient__portable(_ block: UnsafePointer<tsr_gate_gradient_f32>?) {
  gateGradients(of: block!.pointee, .silu)
}

@inline(__always)
private func gateGradients(of block: tsr_gate_gradient_f32, _ activation: Activation) {
  let count = block.columns
  guard count > 0 else { return }
  let zero = SIMD8<Float>(repeating: 0)
  for row in 0..<block.rows {
    let outputGradient = block.output_gradient! + row * block.output_gradient_stride
    let (gate, up) = (block.gate! + row * block.gate_stride, block.up! + row * block.up_stride)
    let gateGradient = block.gate_gradient! + row * block.gate_gradient_stride
    let upGradient = block.up_gradient! + row * block.up_gradient_stride
    forEachEight(of: count) { column, _ in
      let gradient = loadLanes(outputGradient, at: column, of: count)
      let x = loadLanes(gate, at: column, of: count)
      var ofGate = gradient * loadLanes(up, at: column, of: count)
      var active = x
      switch activation {
      case .relu:
        ofGate = zero.replacing(with: ofGate, where: x .> zero)
        active.replace(with: zero, where: x .<= zero)
      case .gelu:
        ofGate *= portableGELUDerivative(x)
        active = portableGELU(x)
      case .geluTanh:
        ofGate *= portableGELUTanhDerivative(x)
        active = portableGELUTanh(x)
      case .silu:
        ofGate *= portableSiLUDerivative(x)
        active = portableSiLU(x)
      }
      storeLanes(ofGate, to: gateGradient, at: column, of: count)
      storeLanes(gradient * active, to: upGradient, at: column, of: count)
    }
  }
}
