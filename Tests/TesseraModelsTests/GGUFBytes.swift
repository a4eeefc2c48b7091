import Tessera

/// A GGUF file, put together pair by pair and tensor by tensor.
struct GGUFBytes {
  private var pairs: [UInt8] = []
  private var pairCount = 0
  private var tensors: [UInt8] = []
  private var tensorCount = 0
  private var data: [UInt8] = []
  /// What holds where a file does not say.
  private static let alignment = 32

  /// The whole file.
  var bytes: [UInt8] {
    let start =
      Array("GGUF".utf8) + Self.number(UInt32(3)) + Self.number(UInt64(tensorCount)) + Self.number(UInt64(pairCount))
      + pairs + tensors
    return tensorCount == 0 ? start : Self.padded(start) + data
  }

  mutating func append(_ key: String, string: String) { append(key, type: 8, Self.string(Array(string.utf8))) }

  mutating func append(_ key: String, number: UInt32) { append(key, type: 4, Self.number(number)) }

  mutating func append(_ key: String, float: Float) { append(key, type: 6, Self.number(float.bitPattern)) }

  mutating func append(_ key: String, bool: Bool) { append(key, type: 7, [bool ? 1 : 0]) }

  /// Strings that need not be UTF-8.
  mutating func append(_ key: String, strings: [[UInt8]]) {
    append(key, type: 9, Self.number(UInt32(8)) + Self.number(UInt64(strings.count)) + strings.flatMap(Self.string))
  }

  mutating func append(_ key: String, numbers: [Int32]) {
    append(key, type: 9, Self.number(UInt32(5)) + Self.number(UInt64(numbers.count)) + numbers.flatMap(Self.number))
  }

  /// A tensor with its stored elements. Of the shape the last extent is that of neighbours.
  mutating func append(tensor name: String, _ type: ElementType, shape: [Int], _ stored: [UInt8]) {
    data = Self.padded(data)
    tensors += Self.string(Array(name.utf8)) + Self.number(UInt32(shape.count))
    tensors += shape.reversed().flatMap { Self.number(UInt64($0)) }
    tensors += Self.number(type.rawValue) + Self.number(UInt64(data.count))
    data += stored
    tensorCount += 1
  }

  private mutating func append(_ key: String, type: UInt32, _ value: [UInt8]) {
    pairs += Self.string(Array(key.utf8)) + Self.number(type) + value
    pairCount += 1
  }

  private static func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
  }

  private static func string(_ text: [UInt8]) -> [UInt8] { number(UInt64(text.count)) + text }

  private static func number(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
