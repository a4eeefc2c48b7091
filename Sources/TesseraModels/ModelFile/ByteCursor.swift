/// A place in a file that moves on as it reads. Every read is checked against the end; what a file claims about itself
/// is never added or multiplied without a check.
struct ByteCursor {
  let file: MappedFile
  private(set) var offset: Int
  /// Where reading must stop: the file's end, or the end of a part of it.
  let end: Int

  init(_ file: MappedFile, at offset: Int = 0) { self.init(file, range: offset..<file.bytes.count) }

  init(_ file: MappedFile, range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= file.bytes.count)
    (self.file, offset, end) = (file, range.lowerBound, range.upperBound)
  }

  var remaining: Int { end - offset }

  /// A little-endian number at any alignment.
  mutating func read<Number: FixedWidthInteger>(
    _ subject: @autoclosure () -> String
  ) throws(ModelFileError) -> Number {
    let start = try skip(MemoryLayout<Number>.size, subject())
    return Number(littleEndian: file.bytes.loadUnaligned(fromByteOffset: start, as: Number.self))
  }

  /// Passes over bytes; their place.
  @discardableResult
  mutating func skip(_ count: some BinaryInteger, _ subject: @autoclosure () -> String) throws(ModelFileError) -> Int {
    guard count >= 0, count <= remaining else {
      throw failure(subject(), expected: "\(count) bytes", actual: "\(remaining) before the end")
    }
    defer { offset += Int(count) }
    return offset
  }

  /// The next byte, which stays unread; nil at the end.
  var next: UInt8? { offset < end ? file.bytes[offset] : nil }

  /// Passes over the next byte if it is this one.
  mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    offset += 1
    return true
  }

  /// An error at this place, or at another.
  func failure(_ subject: String, at place: Int? = nil, expected: String, actual: String) -> ModelFileError {
    ModelFileError(file: file.path, offset: place ?? offset, subject: subject, expected: expected, actual: actual)
  }
}
