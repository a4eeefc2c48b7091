/// A safetensors file: tensors, of which nothing is copied, and texts about them.
///
/// Layout: the header's length in 8 bytes; the header, a JSON object that gives each tensor's element type, shape and
/// place; the data. Source: the format's description in the repository of Hugging Face, safetensors.
///
/// All that the header says is checked when the file is opened: names and fields stand once, there are no others, and
/// the tensors fill the data without gaps. Memory: 19 bytes a tensor and 16 more while it is opened, and as much again
/// where tables have just doubled; at worst that measured 1.4 times the file's size.
public struct SafetensorsFile: Sendable {
  public let file: MappedFile
  private let header: Range<Int>
  private var tensors = NameTable()
  private var texts = NameTable()

  private static let metadataName = "__metadata__"
  /// The limit of the format's own implementation.
  private static let mostHeaderBytes: UInt64 = 100_000_000
  /// Texts about a file, such as the framework that wrote it, are few; a pair can be as short as seven bytes.
  private static let mostTexts = 16384

  public init(path: String) throws(ModelFileError) { try self.init(MappedFile(path: path)) }

  public init(_ file: MappedFile) throws(ModelFileError) {
    self.file = file
    var cursor = ByteCursor(file)
    let length: UInt64 = try cursor.read("length of the header")
    guard length >= 2, length <= Self.mostHeaderBytes, length <= cursor.remaining else {
      throw cursor.failure(
        "length of the header", at: 0,
        expected: "2 to \(min(Int(Self.mostHeaderBytes), cursor.remaining)) bytes, which follow", actual: "\(length)")
    }
    header = cursor.offset..<cursor.offset + Int(length)
    try readHeader()
  }

  /// Names of all tensors, in the header's order.
  public var tensorNames: some RandomAccessCollection<String> {
    tensors.places.lazy.map { [self] in text(at: $0) }
  }

  /// A tensor's shape and place. Throws where there is none of that name, or its element type is not one that can be
  /// read.
  public func tensor(named name: String) throws(ModelFileError) -> ModelTensor {
    guard let place = tensors.place(of: name, nameAt: text) else {
      throw ModelFileError(
        file: file.path, offset: nil, subject: "tensor \"\(name)\"", expected: "a tensor", actual: "no such name")
    }
    var cursor = value(at: place)
    let info = try SafetensorsTensorInfo(&cursor, name: name)
    guard let type = info.elementType else {
      throw cursor.failure(
        "tensor \"\(name)\": dtype", at: place,
        expected: SafetensorsTensorInfo.elementTypes.map(\.name).joined(separator: ", "), actual: "\"\(info.dtype)\"")
    }
    return ModelTensor(
      name: name, shape: info.shape, elementType: type, file: file,
      byteRange: header.upperBound + info.data.lowerBound..<header.upperBound + info.data.upperBound)
  }

  /// Keys of the texts about the file.
  public var metadataKeys: some RandomAccessCollection<String> { texts.places.lazy.map { [self] in text(at: $0) } }

  /// A text about the file; nil where there is none of that key.
  public func metadata(forKey key: String) -> String? {
    guard let place = texts.place(of: key, nameAt: text) else { return nil }
    var cursor = value(at: place)
    return try! cursor.jsonString(key).text
  }

  private mutating func readHeader() throws(ModelFileError) {
    guard file.bytes[header.lowerBound] == UInt8(ascii: "{") else {
      throw ByteCursor(file, range: header).failure("header", expected: "\"{\"", actual: "another byte")
    }
    var cursor = ByteCursor(file, range: header)
    var ranges: [Range<Int>] = []
    var hasTexts = false
    try cursor.jsonObject("header") { (cursor, name, place) throws(ModelFileError) in
      if name == Self.metadataName {
        guard !hasTexts else { throw Self.repeated(name, at: place, cursor) }
        hasTexts = true
        try readTexts(&cursor)
      } else {
        ranges.append(try SafetensorsTensorInfo(&cursor, name: name).data)
        guard tensors.insert(name, place: place, nameAt: text) else { throw Self.repeated(name, at: place, cursor) }
      }
    }
    cursor.skipSpace()
    guard cursor.remaining == 0 else {
      throw cursor.failure("header", expected: "only space after the object", actual: "\(cursor.remaining) bytes")
    }
    try checkRanges(&ranges)
  }

  private mutating func readTexts(_ cursor: inout ByteCursor) throws(ModelFileError) {
    try cursor.jsonObject(Self.metadataName) { (cursor, key, place) throws(ModelFileError) in
      _ = try cursor.jsonString("\(Self.metadataName) \"\(key)\"")
      guard texts.places.count < Self.mostTexts else {
        throw cursor.failure(Self.metadataName, at: place, expected: "at most \(Self.mostTexts) texts", actual: "more")
      }
      guard texts.insert(key, place: place, nameAt: text) else { throw Self.repeated(key, at: place, cursor) }
    }
  }

  private static func repeated(_ name: String, at place: Int, _ cursor: ByteCursor) -> ModelFileError {
    cursor.failure("header", at: place, expected: "each name once", actual: "\"\(name)\" again")
  }

  /// That the tensors lie one after the other and fill the data.
  private func checkRanges(_ ranges: inout [Range<Int>]) throws(ModelFileError) {
    TensorExtent.sort(&ranges)
    var end = 0
    for range in ranges {
      guard range.lowerBound == end else {
        throw ModelFileError(
          file: file.path, offset: header.lowerBound, subject: "header: data_offsets",
          expected: "a tensor that begins at \(end), where one ends", actual: "\(range.lowerBound)")
      }
      end = range.upperBound
    }
    let available = file.bytes.count - header.upperBound
    guard end == available else {
      throw ModelFileError(
        file: file.path, offset: header.upperBound, subject: "data", expected: "\(end) bytes, which the tensors fill",
        actual: "\(available)")
    }
  }

  /// A string that has been read before.
  private func text(at place: Int) -> String {
    var cursor = ByteCursor(file, range: place..<header.upperBound)
    return try! cursor.jsonString("name").text
  }

  /// The place after a key and its colon.
  private func value(at place: Int) -> ByteCursor {
    var cursor = ByteCursor(file, range: place..<header.upperBound)
    _ = try! cursor.jsonString("name")
    _ = cursor.takeToken(":")
    return cursor
  }
}
