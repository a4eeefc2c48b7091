import CTesseraKernels

// The contracts are in tsr_elementwise.h. `streaming` is a wish that plain Swift cannot grant.

func tsr_f32_bias__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  let block = block!.pointee
  forEachRow(of: block) { input, output, _ in
    let bias = block.bias!
    mapRow(input, output, count: block.columns) { values, column in
      values + loadLanes(bias, at: column, of: block.columns)
    }
  }
}

func tsr_f32_scale__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  let block = block!.pointee
  forEachRow(of: block) { input, output, _ in
    mapRow(input, output, count: block.columns) { values, _ in values * block.scale }
  }
}

func tsr_f32_relu__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  let block = block!.pointee
  forEachRow(of: block) { input, output, _ in
    mapRow(input, output, count: block.columns) { values, _ in
      values.replacing(with: SIMD8(repeating: 0), where: values .<= SIMD8(repeating: 0))
    }
  }
}

func tsr_f32_residual__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  let block = block!.pointee
  forEachRow(of: block) { input, output, row in
    let residual = block.residual! + row * block.residual_stride
    mapRow(input, output, count: block.columns) { values, column in
      values + loadLanes(residual, at: column, of: block.columns)
    }
  }
}

func tsr_f32_dropout__portable(_ block: UnsafePointer<tsr_elementwise_f32>?) {
  let block = block!.pointee
  forEachRow(of: block) { input, output, row in
    let draws = DropoutRow(block.dropout, row: block.dropout.row &+ UInt32(truncatingIfNeeded: row))
    let mask = block.mask.map { $0 + row * block.mask_stride }
    mapRow(input, output, count: block.columns) { values, column in
      let kept = draws.keptMask(block: column / 8)
      if let mask {
        let bytes = SIMD8<UInt8>(truncatingIfNeeded: SIMD8<UInt32>(truncatingIfNeeded: kept) & 1)
        storeLanes(bytes, to: mask, at: column, of: block.columns)
      }
      let scaled = unsafeBitCast(values * draws.keepScale, to: SIMD8<Int32>.self)
      return unsafeBitCast(scaled & kept, to: SIMD8<Float>.self)
    }
  }
}

@inline(__always)
private func forEachRow(
  of block: tsr_elementwise_f32, _ body: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, _ row: Int) -> Void
) {
  guard block.columns > 0 else { return }
  for row in 0..<block.rows {
    body(block.input! + row * block.input_stride, block.output! + row * block.output_stride, row)
  }
}

/// output[c] = body(input[c], c), eight columns at a time.
@inline(__always)
private func mapRow(
  _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, count: Int,
  _ body: (SIMD8<Float>, _ column: Int) -> SIMD8<Float>
) {
  var column = 0
  while column < count {
    storeLanes(body(loadLanes(input, at: column, of: count), column), to: output, at: column, of: count)
    column += 8
  }
}
