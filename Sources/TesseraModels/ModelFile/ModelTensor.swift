import TesseraCore

/// A tensor of a model file: its shape and where its elements lie. A value that keeps the file mapped.
public struct ModelTensor: Sendable {
  public let name: String
  /// Row-major: the last extent is the one whose elements lie next to each other. Empty for a single number.
  public let shape: [Int]
  public let elementType: ElementType
  public let file: MappedFile
  /// Where in the file the elements lie.
  public let byteRange: Range<Int>

  /// Elements of a row: the last extent, or 1.
  public var columns: Int { shape.last ?? 1 }
  /// The product of all other extents.
  public var rows: Int { shape.dropLast().reduce(1, *) }
  /// Rows lie next to each other.
  public var rowBytes: Int { columns / elementType.blockElements * elementType.blockBytes }
  /// The stored elements, at any alignment. Valid as long as the file is kept alive, as this value does.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file.bytes[byteRange]) }

  /// Writes rows as floats, one after the other, without gaps.
  ///
  /// Throws where the rows are not the tensor's or `output` has another count than theirs; it is then not written.
  public func dequantize(rows range: Range<Int>, into output: consuming MutableSpan<Float>) throws(ModelFileError) {
    guard range.lowerBound >= 0, range.upperBound <= rows else {
      throw failure("rows to dequantise", expected: "rows of 0 ..< \(rows)", actual: "\(range)")
    }
    let count = range.count * columns
    guard output.count == count else {
      throw failure("output of dequantisation", expected: "\(count) elements", actual: "\(output.count)")
    }
    let stored = UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound * rowBytes..<range.upperBound * rowBytes])
    output.withUnsafeMutableBufferPointer { elementType.dequantize(stored, into: $0) }
  }

  func failure(_ subject: String, expected: String, actual: String) -> ModelFileError {
    ModelFileError(
      file: file.path, offset: byteRange.lowerBound, subject: "tensor \"\(name)\": \(subject)", expected: expected,
      actual: actual)
  }
}
