import CTesseraKernels

// The contracts are in tsr_elementwise.h. `streaming` is a wish that plain Swift cannot grant.

func tsr_f32_scale__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.scale])
}

func tsr_f32_bias__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.bias])
}

func tsr_f32_relu__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.relu])
}

func tsr_f32_gelu__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.gelu])
}

func tsr_f32_gelu_tanh__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.geluTanh])
}

func tsr_f32_silu__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.silu])
}

func tsr_f32_dropout__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.dropout])
}

func tsr_f32_residual__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.residual])
}

func tsr_f32_bias_relu__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.bias, .relu])
}

func tsr_f32_bias_gelu__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.bias, .gelu])
}

func tsr_f32_bias_gelu_tanh__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.bias, .geluTanh])
}

func tsr_f32_bias_silu__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.bias, .silu])
}

func tsr_f32_bias_relu_dropout__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.bias, .relu, .dropout])
}

func tsr_f32_bias_gelu_dropout__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.bias, .gelu, .dropout])
}

func tsr_f32_bias_gelu_tanh_dropout__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.bias, .geluTanh, .dropout])
}

func tsr_f32_bias_silu_dropout__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.bias, .silu, .dropout])
}

func tsr_f32_bias_residual__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.bias, .residual])
}

func tsr_f32_bias_dropout_residual__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.bias, .dropout, .residual])
}

func tsr_f32_bias_relu_residual__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.bias, .relu, .residual])
}

func tsr_f32_relu_gate__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.relu, .gate])
}

func tsr_f32_gelu_gate__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.gelu, .gate])
}

func tsr_f32_gelu_tanh_gate__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.geluTanh, .gate])
}

func tsr_f32_silu_gate__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  elementwiseRows(block!.pointee, [.silu, .gate])
}

/// The kernel of a constant set of stages.
@inline(__always)
private func elementwiseRows(_ block: tsr_elementwise_f32, _ stages: ElementwiseStages) {
  guard block.columns > 0 else { return }
  let dropout = block.dropout
  for row in 0..<block.rows {
    let input = block.input! + row * block.input_stride
    let output = block.output! + row * block.output_stride
    let draws =
      stages.contains(.dropout) ? DropoutRow(dropout, row: dropout.row &+ UInt32(truncatingIfNeeded: row)) : nil
    var column = 0
    while column < block.columns {
      func operand(_ start: UnsafePointer<Float>?, _ stride: Int) -> SIMD8<Float> {
        loadLanes(start! + row * stride, at: column, of: block.columns)
      }
      var x = loadLanes(input, at: column, of: block.columns)
      if stages.contains(.scale) { x *= block.scale }
      if stages.contains(.bias) { x += loadLanes(block.bias!, at: column, of: block.columns) }
      if stages.contains(.relu) { x.replace(with: SIMD8(repeating: 0), where: x .<= SIMD8(repeating: 0)) }
      if stages.contains(.gelu) { x = portableGELU(x) }
      if stages.contains(.geluTanh) { x = portableGELUTanh(x) }
      if stages.contains(.silu) { x = portableSiLU(x) }
      if stages.contains(.gate) { x *= operand(block.up, block.up_stride) }
      if let draws {
        let kept = draws.keptMask(block: column / 8)
        if let mask = block.mask {
          let bytes = SIMD8<UInt8>(truncatingIfNeeded: SIMD8<UInt32>(truncatingIfNeeded: kept) & 1)
          storeLanes(bytes, to: mask + row * block.mask_stride, at: column, of: block.columns)
        }
        x = unsafeBitCast(unsafeBitCast(x * draws.keepScale, to: SIMD8<Int32>.self) & kept, to: SIMD8<Float>.self)
      }
      if stages.contains(.residual) { x += operand(block.residual, block.residual_stride) }
      storeLanes(x, to: output, at: column, of: block.columns)
      column += 8
    }
  }
}
