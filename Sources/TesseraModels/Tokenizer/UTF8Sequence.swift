/// Well-formed byte sequences: table 3-7 of the Unicode Standard.
enum UTF8Sequence {
  /// How many bytes a sequence has that starts with this one, and what its second may be; nil: none starts so.
  static func shape(_ lead: UInt8) -> (length: Int, second: ClosedRange<UInt8>)? {
    switch lead {
    case 0x00...0x7F: (1, 0x80...0xBF)
    case 0xC2...0xDF: (2, 0x80...0xBF)
    case 0xE0: (3, 0xA0...0xBF)
    case 0xED: (3, 0x80...0x9F)
    case 0xE1...0xEF: (3, 0x80...0xBF)
    case 0xF0: (4, 0x90...0xBF)
    case 0xF1...0xF3: (4, 0x80...0xBF)
    case 0xF4: (4, 0x80...0x8F)
    default: nil
    }
  }

  /// The character at a place and its length; nil: the bytes there are not well-formed.
  static func scalar(at place: Int, of bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, Int)? {
    guard let (length, _) = shape(bytes[place]), wellFormedPrefix(at: place, of: bytes) == length else { return nil }
    // The lead byte has a marker bit for each byte and a zero.
    var value = length == 1 ? UInt32(bytes[place]) : UInt32(bytes[place]) & (0x7F >> UInt32(length))
    for byte in bytes[(place + 1)..<(place + length)] { value = value << 6 | UInt32(byte & 0x3F) }
    return Unicode.Scalar(value).map { ($0, length) }
  }

  /// How many bytes at the end start a sequence that more bytes could complete.
  static func incompleteSuffix(of bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      let place = bytes.count - count
      guard let (length, _) = shape(bytes[place]) else { continue }
      return count < length && wellFormedPrefix(at: place, of: bytes[...]) == count ? count : 0
    }
    return 0
  }

  /// How many bytes at a place agree with the sequence that the first one starts.
  private static func wellFormedPrefix(at place: Int, of bytes: ArraySlice<UInt8>) -> Int {
    guard let (length, second) = shape(bytes[place]) else { return 0 }
    var count = 1
    while count < length, place + count < bytes.endIndex,
      (count == 1 ? second : 0x80...0xBF).contains(bytes[place + count])
    { count += 1 }
    return count
  }
}
