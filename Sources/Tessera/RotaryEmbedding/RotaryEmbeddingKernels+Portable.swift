import CTesseraKernels

extension RotaryEmbeddingKernels {
  static let portable = RotaryEmbeddingKernels(
    interleaved: tsr_f32_rotary_embedding_interleaved__portable,
    half_split: tsr_f32_rotary_embedding_half_split__portable)
}

// The contracts are in tsr_rotary_embedding.h. `streaming` is a wish that plain Swift cannot grant.

func tsr_f32_rotary_embedding_interleaved__portable(_ block: UnsafePointer<tsr_rotary_embedding_f32>?) {
  forEachHead(of: block!.pointee) { input, output, table, rotated in
    let sines = table + rotated / 2
    for column in stride(from: 0, to: rotated, by: 8) {
      let x = loadLanes(input, at: column, of: rotated)
      let cosine = loadLanes(table, at: column / 2, of: rotated / 2).lowHalf
      let sine = loadLanes(sines, at: column / 2, of: rotated / 2).lowHalf
      let (a, b) = rotate(x.evenHalf, x.oddHalf, cosine, sine)
      var result = x
      (result.evenHalf, result.oddHalf) = (a, b)
      storeLanes(result, to: output, at: column, of: rotated)
    }
  }
}

func tsr_f32_rotary_embedding_half_split__portable(_ block: UnsafePointer<tsr_rotary_embedding_f32>?) {
  forEachHead(of: block!.pointee) { input, output, table, rotated in
    let half = rotated / 2
    for pair in stride(from: 0, to: half, by: 8) {
      let (a, b) = rotate(
        loadLanes(input, at: pair, of: half), loadLanes(input + half, at: pair, of: half),
        loadLanes(table, at: pair, of: half), loadLanes(table + half, at: pair, of: half))
      storeLanes(a, to: output, at: pair, of: half)
      storeLanes(b, to: output + half, at: pair, of: half)
    }
  }
}

/// The first and the second elements of pairs, rotated.
@inline(__always)
private func rotate<Lanes: SIMD>(
  _ a: Lanes, _ b: Lanes, _ cosine: Lanes, _ sine: Lanes
) -> (Lanes, Lanes) where Lanes.Scalar == Float {
  #if arch(arm64)
    ((-(b * sine)).addingProduct(a, cosine), (a * sine).addingProduct(b, cosine))
  #else
    (a * cosine - b * sine, b * cosine + a * sine)
  #endif
}

/// Calls the body for every head's addresses and copies what is not rotated.
@inline(__always)
private func forEachHead(
  of block: tsr_rotary_embedding_f32,
  _ rotate: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, _ table: UnsafePointer<Float>, _ rotated: Int) -> Void
) {
  for position in 0..<block.position_count {
    for head in 0..<block.head_count {
      let input = block.input! + position * block.input_stride + head * block.input_head_stride
      let output = block.output! + position * block.output_stride + head * block.output_head_stride
      // A cache whose keys are not rotated has no table.
      if block.rotated > 0 { rotate(input, output, block.table! + position * block.rotated, block.rotated) }
      for column in block.rotated..<block.columns { output[column] = input[column] }
    }
  }
}
