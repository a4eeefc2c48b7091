/// Stored elements whose values are about −1 ..< 1 and follow from `seed`: any quanta, with scales and minima that are
/// small. The same on every machine. `bytes` are whole blocks.
public func fillStored(_ bytes: UnsafeMutableRawBufferPointer, as type: ElementType, seed: UInt64) {
  let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  for start in stride(from: 0, to: bytes.count, by: 16) {
    let block = UInt64(start / 16)
    let words = Philox4x32.words(
      counter: SIMD4(UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32), 0, 0), key: key)
    for index in 0..<min(16, bytes.count - start) {
      bytes[start + index] = UInt8(truncatingIfNeeded: words[index / 4] >> UInt32(index % 4 * 8))
    }
  }
  // The exponents are set so that the largest element is about 1; sign and fraction stay as drawn. Of a half the
  // exponent is the five bits below the sign, of the others the seven below it and one of the next byte.
  func half(below power: UInt8) -> UInt8 { (14 - power) << 2 }
  let (upperBytes, kept, exponent): ([Int], UInt8, UInt8) =
    switch type {
    case .float32: ([3], 0x80, 0x3E)
    case .bfloat16: ([1], 0x80, 0x3E)
    case .float16: ([1], 0x83, half(below: 0))
    case .q8_0: ([1], 0x83, half(below: 7))
    case .q4_0: ([1], 0x83, half(below: 3))
    case .q4_1: ([1, 3], 0x83, half(below: 4))
    case .q5_0: ([1], 0x83, half(below: 4))
    case .q5_1: ([1, 3], 0x83, half(below: 5))
    case .q2_K: ([81, 83], 0x83, half(below: 2 + 4))
    case .q3_K: ([109], 0x83, half(below: 2 + 5))
    case .q4_K: ([1, 3], 0x83, half(below: 4 + 6))
    case .q5_K: ([1, 3], 0x83, half(below: 5 + 6))
    case .q6_K: ([209], 0x83, half(below: 5 + 7))
    case .int32, .uint8: preconditionFailure("\(type.name) is no type of weights")
    }
  for block in stride(from: 0, to: bytes.count, by: type.blockBytes) {
    for byte in upperBytes { bytes[block + byte] = bytes[block + byte] & kept | exponent }
  }
}
