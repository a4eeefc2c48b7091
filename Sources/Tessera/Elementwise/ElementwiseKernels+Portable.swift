import CTesseraKernels

// The contracts are in tsr_elementwise.h. `streaming` is a wish that plain Swift cannot grant.

extension ElementwiseKernels {
  static let portable = ElementwiseKernels([
    [.scale]: { elementwiseRows($0!.pointee, [.scale]) },
    [.bias]: { elementwiseRows($0!.pointee, [.bias]) },
    [.relu]: { elementwiseRows($0!.pointee, [.relu]) },
    [.gelu]: { elementwiseRows($0!.pointee, [.gelu]) },
    [.geluTanh]: { elementwiseRows($0!.pointee, [.geluTanh]) },
    [.silu]: { elementwiseRows($0!.pointee, [.silu]) },
    [.dropout]: { elementwiseRows($0!.pointee, [.dropout]) },
    [.residual]: { elementwiseRows($0!.pointee, [.residual]) },
    [.bias, .relu]: { elementwiseRows($0!.pointee, [.bias, .relu]) },
    [.bias, .gelu]: { elementwiseRows($0!.pointee, [.bias, .gelu]) },
    [.bias, .geluTanh]: { elementwiseRows($0!.pointee, [.bias, .geluTanh]) },
    [.bias, .silu]: { elementwiseRows($0!.pointee, [.bias, .silu]) },
    [.bias, .relu, .dropout]: { elementwiseRows($0!.pointee, [.bias, .relu, .dropout]) },
    [.bias, .gelu, .dropout]: { elementwiseRows($0!.pointee, [.bias, .gelu, .dropout]) },
    [.bias, .geluTanh, .dropout]: { elementwiseRows($0!.pointee, [.bias, .geluTanh, .dropout]) },
    [.bias, .silu, .dropout]: { elementwiseRows($0!.pointee, [.bias, .silu, .dropout]) },
    [.bias, .residual]: { elementwiseRows($0!.pointee, [.bias, .residual]) },
    [.bias, .dropout, .residual]: { elementwiseRows($0!.pointee, [.bias, .dropout, .residual]) },
    [.bias, .relu, .residual]: { elementwiseRows($0!.pointee, [.bias, .relu, .residual]) },
    [.relu, .gate]: { elementwiseRows($0!.pointee, [.relu, .gate]) },
    [.gelu, .gate]: { elementwiseRows($0!.pointee, [.gelu, .gate]) },
    [.geluTanh, .gate]: { elementwiseRows($0!.pointee, [.geluTanh, .gate]) },
    [.silu, .gate]: { elementwiseRows($0!.pointee, [.silu, .gate]) },
  ])
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
        let kept = draws.keptMask(block: Int(block.dropout_block) + column / 8)
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
