/// Stored elements as floats: plain loops that say what each format means. The quantised formats are llama.cpp's.
///
/// A block's scale and minimum are half floats; a factor times a scale times a quantum is exact in float, so that each
/// element is rounded at most once, where a minimum is added.
extension ElementType {
  /// Whole blocks; `output` has room for all their elements.
  public func dequantize(_ stored: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Float>) {
    let blocks = stored.count / blockBytes
    precondition(stored.count == blocks * blockBytes && output.count == blocks * blockElements)
    for index in 0..<blocks {
      let block = UnsafeRawBufferPointer(rebasing: stored[index * blockBytes..<(index + 1) * blockBytes])
      let elements = UnsafeMutableBufferPointer(rebasing: output[index * blockElements..<(index + 1) * blockElements])
      switch self {
      case .float32: elements[0] = Float(bitPattern: UInt32(littleEndian: block.loadUnaligned(as: UInt32.self)))
      case .float16: elements[0] = block.half(at: 0)
      case .bfloat16: elements[0] = Float(bitPattern: UInt32(block.bits16(at: 0)) << 16)
      case .q8_0: dequantizeQ8_0(block, elements)
      case .q4_0: dequantizeQ4_0(block, elements)
      case .q4_1: dequantizeQ4_1(block, elements)
      case .q5_0: dequantizeQ5_0(block, elements)
      case .q5_1: dequantizeQ5_1(block, elements)
      case .q2_K: dequantizeQ2_K(block, elements)
      case .q3_K: dequantizeQ3_K(block, elements)
      case .q4_K: dequantizeQ4_K(block, elements)
      case .q5_K: dequantizeQ5_K(block, elements)
      case .q6_K: dequantizeQ6_K(block, elements)
      case .int32, .uint8: preconditionFailure("\(name) is no type of weights")
      }
    }
  }
}

/// scale · quantum, with signed bytes.
private func dequantizeQ8_0(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let scale = block.half(at: 0)
  for i in 0..<32 { elements[i] = scale * Float(Int8(bitPattern: block[2 + i])) }
}

/// scale · (quantum − 8). A byte's low half is an element of the first sixteen, its high half one of the second.
private func dequantizeQ4_0(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let scale = block.half(at: 0)
  for i in 0..<16 {
    elements[i] = scale * (Float(block[2 + i] & 15) - 8)
    elements[16 + i] = scale * (Float(block[2 + i] >> 4) - 8)
  }
}

/// scale · quantum + minimum, halves as in Q4_0.
private func dequantizeQ4_1(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let (scale, minimum) = (block.half(at: 0), block.half(at: 2))
  for i in 0..<16 {
    elements[i] = scale * Float(block[4 + i] & 15) + minimum
    elements[16 + i] = scale * Float(block[4 + i] >> 4) + minimum
  }
}

/// scale · (quantum − 16). Low four bits as in Q4_0; the fifth is a bit of bytes 2 to 5, from the lowest up.
private func dequantizeQ5_0(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let scale = block.half(at: 0)
  for i in 0..<32 { elements[i] = scale * (Float(fiveBits(block, high: 2, low: 6, i)) - 16) }
}

/// scale · quantum + minimum, with quanta as in Q5_0.
private func dequantizeQ5_1(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let (scale, minimum) = (block.half(at: 0), block.half(at: 2))
  for i in 0..<32 { elements[i] = scale * Float(fiveBits(block, high: 4, low: 8, i)) + minimum }
}

private func fiveBits(_ block: UnsafeRawBufferPointer, high: Int, low: Int, _ index: Int) -> UInt8 {
  (block[low + index % 16] >> (index / 16 * 4) & 15) | (block[high + index / 8] >> (index % 8) & 1) << 4
}

extension UnsafeRawBufferPointer {
  fileprivate func bits16(at offset: Int) -> UInt16 {
    UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  /// A half float: sign, 5 bits of exponent with bias 15, 10 of fraction. Swift has no `Float16` on every x86-64
  /// system.
  func half(at offset: Int) -> Float {
    let bits = UInt32(bits16(at: offset))
    let (sign, exponent, fraction) = ((bits >> 15) << 31, bits >> 10 & 31, bits & 1023)
    switch exponent {
    case 0:  // fraction · 2^-24
      let magnitude = Float(fraction) * 0x1p-24
      return sign == 0 ? magnitude : -magnitude
    case 31: return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
