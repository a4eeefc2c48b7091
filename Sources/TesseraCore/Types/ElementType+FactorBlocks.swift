// Blocks of 256 elements whose groups have scales, and minima, of their own: factors of the block's.

/// scale · f · quantum − minimum · g, with four-bit factors f and g for each 16 elements.
///
/// Byte n of the first sixteen is f (low half) and g (high half) of group n. Behind them are the quanta, two bits each.
func dequantizeQ2_K(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let (scale, minimum) = (block.half(at: 80), block.half(at: 82))
  for group in 0..<16 {
    let (groupScale, groupMinimum) = (scale * Float(block[group] & 15), minimum * Float(block[group] >> 4))
    for element in group * 16..<(group + 1) * 16 {
      elements[element] = groupScale * Float(twoBits(block, at: 16, element)) - groupMinimum
    }
  }
}

/// scale · (f − 32) · (quantum − 4), with a six-bit factor f for each 16 elements.
///
/// The third bit of a quantum is bit n of one of the first 32 bytes, for element 32 n and those behind it. Low four
/// bits of f are halves of eight bytes (low halves: the first eight groups); the two bits above are in the four bytes
/// behind them (from the lowest bits up: groups 0 to 3, 4 to 7 and so on).
func dequantizeQ3_K(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let scale = block.half(at: 108)
  for group in 0..<16 {
    let low = block[96 + group % 8] >> (group / 8 * 4) & 15
    let high = block[104 + group % 4] >> (group / 4 * 2) & 3
    let groupScale = scale * (Float(low | high << 4) - 32)
    for element in group * 16..<(group + 1) * 16 {
      let third = block[element % 32] >> (element / 32) & 1
      elements[element] = groupScale * (Float(twoBits(block, at: 32, element) | third << 2) - 4)
    }
  }
}

/// Two bits of 256 elements in 64 bytes. Each half of the block has 32 of them (from the lowest bits up: the first,
/// second, third and last 32 elements).
private func twoBits(_ block: UnsafeRawBufferPointer, at offset: Int, _ element: Int) -> UInt8 {
  block[offset + element / 128 * 32 + element % 32] >> (element % 128 / 32 * 2) & 3
}

/// scale · f · quantum − minimum · g, with six-bit factors f and g for each 32 elements.
func dequantizeQ4_K(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let (scale, minimum) = (block.half(at: 0), block.half(at: 2))
  for group in 0..<8 {
    let (f, g) = sixBitFactors(block, group)
    let (groupScale, groupMinimum) = (scale * Float(f), minimum * Float(g))
    for i in 0..<32 { elements[group * 32 + i] = groupScale * Float(fourBits(block, at: 16, group, i)) - groupMinimum }
  }
}

/// The same with a fifth bit: bit n of one of 32 bytes, for group n.
func dequantizeQ5_K(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let (scale, minimum) = (block.half(at: 0), block.half(at: 2))
  for group in 0..<8 {
    let (f, g) = sixBitFactors(block, group)
    let (groupScale, groupMinimum) = (scale * Float(f), minimum * Float(g))
    for i in 0..<32 {
      let quantum = fourBits(block, at: 48, group, i) | (block[16 + i] >> group & 1) << 4
      elements[group * 32 + i] = groupScale * Float(quantum) - groupMinimum
    }
  }
}

/// The factors f and g of a group, of eight.
///
/// The low six bits of bytes 0 to 3, of twelve, are f of the first four groups and those of bytes 4 to 7 their g.
/// For the last four, bytes 8 to 11 hold the low four bits of f and of g; the two bits above are the top two of the
/// bytes that hold f and g of the group four before.
private func sixBitFactors(_ block: UnsafeRawBufferPointer, _ group: Int) -> (f: UInt8, g: UInt8) {
  if group < 4 { return (block[4 + group] & 63, block[8 + group] & 63) }
  let low = block[8 + group]
  return (low & 15 | (block[group] >> 6) << 4, low >> 4 | (block[4 + group] >> 6) << 4)
}

/// Two groups share 32 bytes: the even one has their low halves, the odd one the high ones.
private func fourBits(_ block: UnsafeRawBufferPointer, at offset: Int, _ group: Int, _ index: Int) -> UInt8 {
  block[offset + group / 2 * 32 + index] >> (group % 2 * 4) & 15
}

/// scale · f · (quantum − 32), with a signed byte f for each 16 elements.
///
/// In each half of the block, 64 bytes hold the low four bits of 128 elements (low halves: the first 64) and 32 bytes
/// their high two bits (from the lowest bits up: the first, second, third and last 32).
func dequantizeQ6_K(_ block: UnsafeRawBufferPointer, _ elements: UnsafeMutableBufferPointer<Float>) {
  let scale = block.half(at: 208)
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
