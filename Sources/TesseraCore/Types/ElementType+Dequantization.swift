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
      case .float16: elements[0] = half(block, at: 0)
      case .bfloat16: elements[0] = Float(bitPattern: UInt32(bits16(block, at: 0)) << 16)
      case .q8_0: dequantizeQ8_0(block, elements)
      case .q4_0: dequantizeQ4_0(block, elements)
      case .q4_1: dequantizeQ4_1(block, elements)
      case .q4_K: dequantizeQ4_K(block, elements)
      case .q6_K: dequantizeQ6_K(block, elements)
      case .int32, .uint8: preconditionFailure("\(name) is no type of weights")
      }
    }
  }
}

/// scale · quantum, with signed bytes.
private func dequantizeQ8_0(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let scale = half(block, at: 0)
  for i in 0..<32 { elements[i] = scale * Float(Int8(bitPattern: block[2 + i])) }
}

/// scale · (quantum − 8). A byte's low half is an element of the first sixteen, its high half one of the second.
private func dequantizeQ4_0(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let scale = half(block, at: 0)
  for i in 0..<16 {
    elements[i] = scale * (Float(block[2 + i] & 15) - 8)
    elements[16 + i] = scale * (Float(block[2 + i] >> 4) - 8)
  }
}

/// scale · quantum + minimum, halves as in Q4_0.
private func dequantizeQ4_1(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let (scale, minimum) = (half(block, at: 0), half(block, at: 2))
  for i in 0..<16 {
    elements[i] = scale * Float(block[4 + i] & 15) + minimum
    elements[16 + i] = scale * Float(block[4 + i] >> 4) + minimum
  }
}

/// scale · f · quantum − minimum · g, with six-bit factors f and g for each 32 elements.
///
/// The low six bits of bytes 0 to 3, of twelve, are f of the first four groups and those of bytes 4 to 7 their g.
/// For the last four, bytes 8 to 11 hold the low four bits of f and of g; the two bits above are the top two of the
/// bytes that hold f and g of the group four before.
private func dequantizeQ4_K(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let (scale, minimum) = (half(block, at: 0), half(block, at: 2))
  for group in 0..<8 {
    let (f, g): (UInt8, UInt8)
    if group < 4 {
      (f, g) = (block[4 + group] & 63, block[8 + group] & 63)
    } else {
      let low = block[8 + group]
      (f, g) = (low & 15 | (block[group] >> 6) << 4, low >> 4 | (block[4 + group] >> 6) << 4)
    }
    let (groupScale, groupMinimum) = (scale * Float(f), minimum * Float(g))
    // Two groups share 32 bytes: the even one has their low halves, the odd one the high ones.
    let quanta = 16 + group / 2 * 32
    for i in 0..<32 {
      let quantum = group % 2 == 0 ? block[quanta + i] & 15 : block[quanta + i] >> 4
      elements[group * 32 + i] = groupScale * Float(quantum) - groupMinimum
    }
  }
}

/// scale · f · (quantum − 32), with a signed byte f for each 16 elements.
///
/// In each half of the block, 64 bytes hold the low four bits of 128 elements (low halves: the first 64) and 32 bytes
/// their high two bits (from the lowest bits up: the first, second, third and last 32).
private func dequantizeQ6_K(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let scale = half(block, at: 208)
  for part in 0..<2 {
    for quarter in 0..<4 {
      for i in 0..<32 {
        let low = block[part * 64 + quarter % 2 * 32 + i] >> (quarter / 2 * 4) & 15
        let high = block[128 + part * 32 + i] >> (quarter * 2) & 3
        let element = part * 128 + quarter * 32 + i
        let factor = Int8(bitPattern: block[192 + element / 16])
        elements[element] = scale * Float(factor) * (Float(low | high << 4) - 32)
      }
    }
  }
}

private func bits16(_ block: UnsafeRawBufferPointer, at offset: Int) -> UInt16 {
  UInt16(littleEndian: block.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
}

/// A half float: sign, 5 bits of exponent with bias 15, 10 of fraction. Swift has no `Float16` on every x86-64 system.
private func half(_ block: UnsafeRawBufferPointer, at offset: Int) -> Float {
  let bits = UInt32(bits16(block, at: offset))
  let (sign, exponent, fraction) = ((bits >> 15) << 31, bits >> 10 & 31, bits & 1023)
  switch exponent {
  case 0:  // fraction · 2^-24
    let magnitude = Float(fraction) * 0x1p-24
    return sign == 0 ? magnitude : -magnitude
  case 31: return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
