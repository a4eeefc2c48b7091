/// GGUF's own kinds of things, read from bytes.
extension ByteCursor {
  /// How many arrays may lie in each other. Files in use have one; the limit keeps a file from deciding how deep we
  /// call.
  static let deepestArray = 4
  /// GGUF's limit for keys. Names of tensors may have 64 bytes by its text, but tools write longer ones.
  static let longestName = 65535

  /// A count of things that take at least so many bytes each.
  mutating func count(
    _ subject: @autoclosure () -> String, leastBytes: Int
  ) throws(ModelFileError) -> Int {
    let place = offset
    let count: UInt64 = try read(subject())
    let most = min(remaining / leastBytes, Int(Int32.max))
    guard count <= most else {
      throw failure(
        subject(), at: place, expected: "at most \(most), which the \(remaining) bytes after it have room for",
        actual: "\(count)")
    }
    return Int(count)
  }

  /// The place of a string's bytes: its length is stored before them.
  mutating func stringRange(_ subject: @autoclosure () -> String) throws(ModelFileError) -> Range<Int> {
    let count = try count(subject() + ": length", leastBytes: 1)
    let start = try skip(count, subject())
    return start..<start + count
  }

  /// A string's text.
  mutating func string(_ subject: @autoclosure () -> String) throws(ModelFileError) -> String {
    try text(of: try stringRange(subject()), subject())
  }

  /// A key, or the name of a tensor.
  mutating func name(_ subject: String) throws(ModelFileError) -> String {
    let place = offset
    let range = try stringRange(subject)
    guard (1...Self.longestName).contains(range.count) else {
      throw failure(
        subject, at: place, expected: "1 to \(Self.longestName) bytes", actual: "\(range.count)")
    }
    return try text(of: range, subject)
  }

  private func text(of range: Range<Int>, _ subject: @autoclosure () -> String) throws(ModelFileError) -> String {
    guard let text = String(validating: file.bytes[range], as: UTF8.self) else {
      throw failure(subject(), at: range.lowerBound, expected: "UTF-8", actual: "other bytes")
    }
    return text
  }

  mutating func valueType(_ subject: @autoclosure () -> String) throws(ModelFileError) -> GGUFValueType {
    let place = offset
    let number: UInt32 = try read(subject())
    guard let type = GGUFValueType(rawValue: number) else {
      throw failure(subject(), at: place, expected: "a value type, 0 to 12", actual: "\(number)")
    }
    return type
  }

  /// Passes over a value and checks that all of it lies in the file.
  mutating func skipValue(
    _ type: GGUFValueType, _ subject: @autoclosure () -> String, depth: Int = 0
  ) throws(ModelFileError) {
    switch type {
    case .string: _ = try stringRange(subject())
    case .array:
      guard depth < Self.deepestArray else {
        throw failure(
          subject(), expected: "at most \(Self.deepestArray) arrays in each other", actual: "another in those")
      }
      let elements = try arrayHeader(subject())
      if let byteCount = elements.type.byteCount {
        try skip(elements.count * byteCount, subject())
      } else {
        for _ in 0..<elements.count { try skipValue(elements.type, subject(), depth: depth + 1) }
      }
    default: try skip(type.leastByteCount, subject())
    }
  }

  /// What stands before an array's elements.
  mutating func arrayHeader(
    _ subject: @autoclosure () -> String
  ) throws(ModelFileError) -> (type: GGUFValueType, count: Int) {
    let type = try valueType(subject() + ": element type")
    return (type, try count(subject() + ": number of elements", leastBytes: type.leastByteCount))
  }
}

extension MappedFile {
  /// A string that a cursor has read before: its length at `place`, and its bytes.
  func ggufString(at place: Int) -> String {
    let count = Int(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
    return String(decoding: bytes[place + 8..<place + 8 + count], as: UTF8.self)
  }
}
