/// A GGUF file without tensors, put together pair by pair.
struct GGUFBytes {
  private var pairs: [UInt8] = []
  private var count = 0

  /// The whole file.
  var bytes: [UInt8] {
    Array("GGUF".utf8) + Self.number(UInt32(3)) + Self.number(UInt64(0)) + Self.number(UInt64(count)) + pairs
  }

  mutating func append(_ key: String, string: String) { append(key, type: 8, Self.string(Array(string.utf8))) }

  mutating func append(_ key: String, number: UInt32) { append(key, type: 4, Self.number(number)) }

  mutating func append(_ key: String, bool: Bool) { append(key, type: 7, [bool ? 1 : 0]) }

  /// Strings that need not be UTF-8.
  mutating func append(_ key: String, strings: [[UInt8]]) {
    append(key, type: 9, Self.number(UInt32(8)) + Self.number(UInt64(strings.count)) + strings.flatMap(Self.string))
  }

  mutating func append(_ key: String, numbers: [Int32]) {
    append(key, type: 9, Self.number(UInt32(5)) + Self.number(UInt64(numbers.count)) + numbers.flatMap(Self.number))
  }

  private mutating func append(_ key: String, type: UInt32, _ value: [UInt8]) {
    pairs += Self.string(Array(key.utf8)) + Self.number(type) + value
    count += 1
  }

  private static func string(_ text: [UInt8]) -> [UInt8] { number(UInt64(text.count)) + text }

  private static func number(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
