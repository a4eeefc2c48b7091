import CTesseraKernels

extension ElementwiseGradientKernels {
  static let portable = ElementwiseGradientKernels(
    relu_gradient: tsr_f32_relu_gradient__portable, gelu_gradient: tsr_f32_gelu_gradient__portable,
    gelu_tanh_gradient: tsr_f32_gelu_tanh_gradient__portable, silu_gradient: tsr_f32_silu_gradient__portable,
    relu_gate_gradient: tsr_f32_relu_gate_gradient__portable,
    gelu_gate_gradient: tsr_f32_gelu_gate_gradient__portable,
    gelu_tanh_gate_gradient: tsr_f32_gelu_tanh_gate_gradient__portable,
    silu_gate_gradient: tsr_f32_silu_gate_gradient__portable,
    column_sums: tsr_f32_column_sums__portable, ordered_row_sum: tsr_f32_ordered_row_sum__portable)
}

// The contracts are in tsr_elementwise_gradient.h. `streaming` is a wish that plain Swift cannot grant.

func tsr_f32_relu_gradient__portable(_ block: UnsafePointer<tsr_activation_gradient_f32>?) {
  activationGradients(of: block!.pointee, .relu)
}

func tsr_f32_gelu_gradient__portable(_ block: UnsafePointer<tsr_activation_gradient_f32>?) {
  activationGradients(of: block!.pointee, .gelu)
}

func tsr_f32_gelu_tanh_gradient__portable(_ block: UnsafePointer<tsr_activation_gradient_f32>?) {
  activationGradients(of: block!.pointee, .geluTanh)
}

func tsr_f32_silu_gradient__portable(_ block: UnsafePointer<tsr_activation_gradient_f32>?) {
  activationGradients(of: block!.pointee, .silu)
}

func tsr_f32_column_sums__portable(_ block: UnsafePointer<tsr_column_sums_f32>?) {
  let block = block!.pointee
  let (count, sums) = (block.columns, block.sums!)
  sums.update(repeating: 0, count: count)
  guard count > 0 else { return }
  for row in 0..<block.rows {
    let input = block.input! + row * block.input_stride
    forEachEight(of: count) { column, _ in
      let sum = loadLanes(sums, at: column, of: count) + loadLanes(input, at: column, of: count)
      storeLanes(sum, to: sums, at: column, of: count)
    }
  }
}

func tsr_f32_ordered_row_sum__portable(_ block: UnsafePointer<tsr_ordered_row_sum_f32>?) {
  let block = block!.pointee
  let count = block.columns
  guard count > 0, block.rows > 0 || !block.accumulates else { return }
  let output = block.output!
  forEachEight(of: count) { column, _ in
    var sum = SIMD8<Float>(repeating: 0)
    if block.accumulates { sum = loadLanes(output, at: column, of: count) }
    for index in 0..<block.rows {
      let row = loadLanes(block.input! + block.order![index] * block.input_stride, at: column, of: count)
      sum = index == 0 && !block.accumulates ? row : sum + row
    }
    storeLanes(sum, to: output, at: column, of: count)
  }
}

@inline(__always)
private func activationGradients(of block: tsr_activation_gradient_f32, _ activation: Activation) {
  let (count, sums) = (block.columns, block.bias_gradient)
  sums?.update(repeating: 0, count: count)
  guard count > 0 else { return }
  let (drops, dropsAll) = (block.dropout.threshold > 0, block.dropout.threshold == 65536)
  for row in 0..<block.rows {
    let outputGradient = block.output_gradient! + row * block.output_gradient_stride
    let saved = block.saved! + row * block.saved_stride
    let output = block.input_gradient! + row * block.input_gradient_stride
    let draws = DropoutRow(block.dropout, row: block.dropout.row &+ UInt32(truncatingIfNeeded: row))
    forEachEight(of: count) { column, _ in
      var gradient = loadLanes(outputGradient, at: column, of: count)
      if drops { gradient *= draws.keepScale }
      let value = loadLanes(saved, at: column, of: count)
      if activation == .relu {
        let bound = SIMD8<Float>(repeating: dropsAll ? .infinity : 0)
        gradient = SIMD8<Float>(repeating: 0).replacing(with: gradient, where: value .> bound)
      } else {
        let x = value + loadLanes(block.bias!, at: column, of: count)
        switch activation {
        case .relu: break
        case .gelu: gradient *= portableGELUDerivative(x)
        case .geluTanh: gradient *= portableGELUTanhDerivative(x)
        case .silu: gradient *= portableSiLUDerivative(x)
        }
        if drops {
          let kept = draws.keptMask(block: Int(block.dropout_block) + column / 8)
          gradient = unsafeBitCast(unsafeBitCast(gradient, to: SIMD8<Int32>.self) & kept, to: SIMD8<Float>.self)
        }
      }
      storeLanes(gradient, to: output, at: column, of: count)
      guard let sums else { return }
      storeLanes(loadLanes(sums, at: column, of: count) + gradient, to: sums, at: column, of: count)
    }
  }
}
