/// The element at `index` of a block of stored elements, from the bits that the format names. `format` is the name that
/// model files' tools use (F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K).
///
/// A block is read as a string of bits, the lowest of each byte first; every field below is (first bit, bits).
/// With s the scale, m the minimum, q the quantum of the element, f and g the factors of its group:
///
///     Q8_0        s · q, q signed    Q2_K        s · f · q − m · g, groups of 16
///     Q4_0        s · (q − 8)        Q3_K        s · (f − 32) · (q − 4), groups of 16
///     Q5_0        s · (q − 16)       Q4_K, Q5_K  s · f · q − m · g, groups of 32
///     Q4_1, Q5_1  s · q + m          Q6_K        s · f · (q − 32), groups of 16, f signed
public func storedElement(_ index: Int, of block: [UInt8], format: String) -> Double {
  func field(_ first: Int, _ count: Int) -> Int {
    var bits = 0
    for byte in (first / 8...(first + count - 1) / 8).reversed() { bits = bits << 8 | Int(block[byte]) }
    return bits >> (first % 8) & (1 << count - 1)
  }
  func signed(_ first: Int) -> Double { Double(field(first, 8)) - (field(first + 7, 1) == 1 ? 256 : 0) }
  func half(_ first: Int) -> Double { number(field(first, 16), exponentBits: 5, fractionBits: 10) }
  /// Q4_K's factors, and Q5_K's: 16 of six bits. Those of groups 4 to 7 are in two pieces.
  func factor(_ group: Int, minimum: Bool) -> Double {
    let bytes = 32 + (minimum ? 32 : 0)
    if group < 4 { return Double(field(bytes + 8 * group, 6)) }
    let low = field(32 + 8 * (group + 4) + (minimum ? 4 : 0), 4)
    return Double(low + 16 * field(bytes + 8 * (group - 4) + 6, 2))
  }
  switch format {
  case "F32": return number(field(0, 32), exponentBits: 8, fractionBits: 23)
  case "F16": return half(0)
  case "BF16": return number(field(0, 16), exponentBits: 8, fractionBits: 7)
  case "Q8_0": return half(0) * signed(16 + 8 * index)
  case "Q4_0": return half(0) * Double(field(16 + 8 * (index % 16) + 4 * (index / 16), 4) - 8)
  case "Q4_1": return half(0) * Double(field(32 + 8 * (index % 16) + 4 * (index / 16), 4)) + half(16)
  case "Q5_0":
    return half(0) * Double(field(48 + 8 * (index % 16) + 4 * (index / 16), 4) + 16 * field(16 + index, 1) - 16)
  case "Q5_1":
    return half(0) * Double(field(64 + 8 * (index % 16) + 4 * (index / 16), 4) + 16 * field(32 + index, 1)) + half(16)
  case "Q2_K":
    let (part, place, group) = (index / 128, index % 128, index / 16)
    let quantum = Double(field(128 + 256 * part + 8 * (place % 32) + 2 * (place / 32), 2))
    return half(640) * Double(field(8 * group, 4)) * quantum - half(656) * Double(field(8 * group + 4, 4))
  case "Q3_K":
    let (part, place, group) = (index / 128, index % 128, index / 16)
    let low = field(256 + 256 * part + 8 * (place % 32) + 2 * (place / 32), 2)
    let high = field(8 * (index % 32) + index / 32, 1)
    let factor =
      field(768 + 8 * (group % 8) + 4 * (group / 8), 4) + 16 * field(832 + 8 * (group % 4) + 2 * (group / 4), 2)
    return half(864) * Double(factor - 32) * Double(low + 4 * high - 4)
  case "Q4_K":
    let group = index / 32
    let quantum = Double(field(128 + 256 * (group / 2) + 8 * (index % 32) + 4 * (group % 2), 4))
    return half(0) * factor(group, minimum: false) * quantum - half(16) * factor(group, minimum: true)
  case "Q5_K":
    let group = index / 32
    let low = field(384 + 256 * (group / 2) + 8 * (index % 32) + 4 * (group % 2), 4)
    let quantum = Double(low + 16 * field(128 + 8 * (index % 32) + group, 1))
    return half(0) * factor(group, minimum: false) * quantum - half(16) * factor(group, minimum: true)
  case "Q6_K":
    let (part, place) = index.quotientAndRemainder(dividingBy: 128)
    let low = field(512 * part + 8 * (place % 64) + 4 * (place / 64), 4)
    let high = field(1024 + 256 * part + 8 * (place % 32) + 2 * (place / 32), 2)
    return half(1664) * signed(1536 + 8 * (index / 16)) * Double(low + 16 * high - 32)
  default: preconditionFailure("no format \(format)")
  }
}

/// A binary floating-point number as IEEE 754 lays it out: fraction, exponent, sign.
private func number(_ bits: Int, exponentBits: Int, fractionBits: Int) -> Double {
  let fraction = Double(bits % (1 << fractionBits)) / Double(1 << fractionBits)
  let exponent = bits >> fractionBits % (1 << exponentBits)
  let sign = bits >> (fractionBits + exponentBits) == 0 ? 1.0 : -1
  let largest = 1 << exponentBits - 1
  let bias = 1 << (exponentBits - 1) - 1
  if exponent == largest { return fraction == 0 ? sign * .infinity : .nan }
  if exponent == 0 { return sign * fraction * Double(sign: .plus, exponent: 1 - bias, significand: 1) }
  return sign * (1 + fraction) * Double(sign: .plus, exponent: exponent - bias, significand: 1)
}
