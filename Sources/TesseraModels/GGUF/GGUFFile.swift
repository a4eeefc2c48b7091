import TesseraCore

/// A GGUF file, versions 2 and 3, little-endian: metadata and tensors, of which nothing is copied.
///
/// Layout: the letters GGUF; version; numbers of tensors and of metadata pairs; the pairs; the tensors' names, extents,
/// types and places; padding up to the alignment; the tensors' data. Numbers of things, lengths and places are 64 bits
/// wide. Source: the format's description in the repository of ggml, docs/gguf.md.
///
/// All that the file says of itself is checked when it is opened, but that strings which are values are UTF-8, which is
/// checked when they are asked for. Memory: at most 19 bytes a pair and 35 a tensor, of which 16 are let go; no more
/// than twice the file's size, whatever numbers it claims.
public struct GGUFFile: Sendable {
  public let metadata: GGUFMetadata
  public let version: Int
  private var table: NameTable
  /// Where the data begins; places are counted from here.
  private let dataStart: Int
  /// The files that a split model goes on in.
  private var otherParts: [GGUFFile] = []

  /// The file, of a split model the first part.
  public var file: MappedFile { metadata.file }

  /// The key of the alignment, and what holds where it is missing.
  private static let alignmentKey = "general.alignment"
  private static let defaultAlignment = 32
  /// Fewest bytes of what is said of a tensor: its name's length and a byte of it, number of extents, type, place.
  private static let leastTensorBytes = 8 + 1 + 4 + 4 + 8

  /// A model that is split into several files (`split.count`) is opened by its first; the others lie beside it.
  public init(path: String) throws(ModelFileError) { try self.init(MappedFile(path: path)) }

  public init(_ file: MappedFile) throws(ModelFileError) {
    try self.init(alone: file)
    guard let split = try GGUFSplit(self) else { return }
    for path in try split.otherPaths { otherParts.append(try GGUFFile(alone: MappedFile(path: path))) }
    try split.check([self] + otherParts)
  }

  private init(alone file: MappedFile) throws(ModelFileError) {
    var cursor = ByteCursor(file)
    version = try Self.version(&cursor)
    let tensorCount = try cursor.count("number of tensors", leastBytes: Self.leastTensorBytes)
    let pairCount = try cursor.count("number of metadata pairs", leastBytes: GGUFMetadata.leastPairBytes)
    metadata = try GGUFMetadata(&cursor, count: pairCount)
    let alignment = try Self.alignment(metadata)
    // Again, now that less is left.
    guard tensorCount <= cursor.remaining / Self.leastTensorBytes else {
      throw cursor.failure(
        "tensors", expected: "\(tensorCount) of at least \(Self.leastTensorBytes) bytes each",
        actual: "\(cursor.remaining) bytes before the end")
    }
    table = NameTable(capacity: tensorCount)
    for index in 0..<tensorCount {
      let place = cursor.offset
      let tensor = try GGUFTensorInfo(&cursor, alignment: alignment)
      guard table.insert(tensor.name, place: place, nameAt: { file.ggufString(at: $0) }) else {
        throw cursor.failure(
          "name of tensor \(index)", at: place, expected: "each name once", actual: "\"\(tensor.name)\" again")
      }
    }
    let (aligned, overflow) = cursor.offset.addingReportingOverflow(alignment - 1)
    guard !overflow else {
      throw cursor.failure("alignment", expected: "one that fits the file", actual: "\(alignment)")
    }
    dataStart = aligned / alignment * alignment
    try checkPlaces(alignment: alignment)
  }

  /// Names of all tensors, in the order of the file, or of the files.
  public var tensorNames: some BidirectionalCollection<String> {
    ([self] + otherParts).lazy.flatMap(\.ownTensorNames)
  }

  /// Without those of other parts.
  var ownTensorNames: some RandomAccessCollection<String> {
    table.places.lazy.map { [file] in file.ggufString(at: $0) }
  }

  public func contains(_ name: String) -> Bool { owns(name) || otherParts.contains { $0.owns(name) } }

  func owns(_ name: String) -> Bool {
    table.place(of: name, nameAt: { [file] in file.ggufString(at: $0) }) != nil
  }

  /// A tensor's shape and place. Throws where there is none of that name, or its element type cannot be read.
  public func tensor(named name: String) throws(ModelFileError) -> ModelTensor {
    if let part = otherParts.first(where: { $0.owns(name) }) { return try part.tensor(named: name) }
    guard let place = table.place(of: name, nameAt: { [file] in file.ggufString(at: $0) }) else {
      throw ModelFileError(
        file: file.path, offset: nil, subject: "tensor \"\(name)\"", expected: "a tensor", actual: "no such name")
    }
    let info = info(at: place)
    guard let type = info.elementType else {
      throw ModelFileError(
        file: file.path, offset: info.typePlace, subject: "tensor \"\(name)\": element type",
        expected: ElementType.weightTypes.map { "\($0.rawValue) (\($0.name))" }.joined(separator: ", "),
        actual: "\(info.typeNumber)")
    }
    let start = dataStart + info.dataOffset
    return ModelTensor(
      name: name, shape: info.shape, elementType: type, file: file, byteRange: start..<start + info.byteCount)
  }

  private static func version(_ cursor: inout ByteCursor) throws(ModelFileError) -> Int {
    let start = try cursor.skip(4, "the letters GGUF")
    guard cursor.file.bytes[start..<start + 4].elementsEqual("GGUF".utf8) else {
      throw cursor.failure("first bytes", at: start, expected: "the letters GGUF", actual: "others")
    }
    let place = cursor.offset
    let version: UInt32 = try cursor.read("version")
    guard version == 2 || version == 3 else {
      // A big-endian file has its version the other way round.
      let isBigEndian = (1...3).contains(version.byteSwapped)
      throw cursor.failure(
        "version", at: place, expected: "2 or 3, little-endian",
        actual: isBigEndian ? "\(version.byteSwapped), big-endian" : "\(version)")
    }
    return Int(version)
  }

  private static func alignment(_ metadata: GGUFMetadata) throws(ModelFileError) -> Int {
    guard metadata.contains(alignmentKey) else { return defaultAlignment }
    let value = try metadata.unsigned(forKey: alignmentKey)
    guard value >= 8, value.nonzeroBitCount == 1 else {
      throw ModelFileError(
        file: metadata.file.path, offset: nil, subject: "metadata \"\(alignmentKey)\"",
        expected: "a power of two, 8 or more", actual: "\(value)")
    }
    return value
  }

  /// What the file says of a tensor; it has been read before.
  private func info(at place: Int) -> GGUFTensorInfo {
    var cursor = ByteCursor(file, at: place)
    return try! GGUFTensorInfo(&cursor, alignment: 1)
  }

  /// That all data lies in the file and no two tensors share any. Of a type that is not known only the place is.
  private func checkPlaces(alignment: Int) throws(ModelFileError) {
    let size = file.bytes.count
    var ranges: [Range<Int>] = []
    ranges.reserveCapacity(table.places.count)
    for place in table.places {
      let info = info(at: place)
      let available = max(0, size - dataStart) - info.dataOffset
      guard size >= dataStart, available >= info.byteCount else {
        throw ModelFileError(
          file: file.path, offset: place, subject: "tensor \"\(info.name)\"",
          expected: "data from \(info.dataOffset) after byte \(dataStart), \(info.byteCount) bytes",
          actual: "a file of \(size)")
      }
      ranges.append(dataStart + info.dataOffset..<dataStart + info.dataOffset + info.byteCount)
    }
    TensorExtent.sort(&ranges)
    for (range, next) in zip(ranges, ranges.dropFirst()) where range.upperBound > next.lowerBound {
      throw ModelFileError(
        file: file.path, offset: next.lowerBound, subject: "tensors' data", expected: "each byte in one tensor",
        actual: "one tensor up to byte \(range.upperBound), another from \(next.lowerBound)")
    }
  }
}
