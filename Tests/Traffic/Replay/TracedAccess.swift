/// A line of lackey's trace: ` L 1ffeffe7e8,8` loads, ` S` stores, ` M` does both; `I` lines, instructions, are
/// skipped.
struct TracedAccess {
  var loads: Bool
  var stores: Bool
  var address: UInt
  var byteCount: UInt

  init?(_ line: UnsafeBufferPointer<UInt8>) {
    guard line.count > 4, line[0] == UInt8(ascii: " "), line[2] == UInt8(ascii: " ") else { return nil }
    switch line[1] {
    case UInt8(ascii: "L"): (loads, stores) = (true, false)
    case UInt8(ascii: "S"): (loads, stores) = (false, true)
    case UInt8(ascii: "M"): (loads, stores) = (true, true)
    default: return nil
    }
    var index = 3
    address = 0
    while index < line.count, let digit = Self.hexadecimalDigit(line[index]) {
      address = address << 4 | digit
      index += 1
    }
    guard index < line.count, line[index] == UInt8(ascii: ",") else { return nil }
    byteCount = 0
    for byte in line[(index + 1)...] {
      guard let digit = Self.hexadecimalDigit(byte), digit < 10 else { return nil }
      byteCount = byteCount * 10 + digit
    }
  }

  private static func hexadecimalDigit(_ byte: UInt8) -> UInt? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt(byte - UInt8(ascii: "a") + 10)
    default: nil
    }
  }
}
