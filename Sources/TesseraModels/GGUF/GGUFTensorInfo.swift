import TesseraCore

/// What a GGUF file says of one tensor.
struct GGUFTensorInfo {
  var name: String
  /// Row-major. The file has the extents the other way round.
  var shape: [Int]
  /// The element type's number, which may be one that cannot be read.
  var typeNumber: UInt32
  /// Where that number stands.
  var typePlace: Int
  /// From the data's start.
  var dataOffset: Int
  /// 0 where the type is not known.
  var byteCount: Int

  /// nil where the number is of no type that can be read.
  var elementType: ElementType? { Self.elementType(typeNumber) }

  private static func elementType(_ number: UInt32) -> ElementType? {
    ElementType.weightTypes.first { $0.rawValue == number }
  }

  /// The format's limit.
  private static let mostExtents: UInt32 = 4

  init(_ cursor: inout ByteCursor, alignment: Int) throws(ModelFileError) {
    let name = try cursor.name("name of a tensor")
    func subject(_ part: String) -> String { "tensor \"\(name)\": \(part)" }
    var place = cursor.offset
    let extentCount: UInt32 = try cursor.read(subject("number of extents"))
    guard extentCount <= Self.mostExtents else {
      throw cursor.failure(
        subject("number of extents"), at: place, expected: "at most \(Self.mostExtents)", actual: "\(extentCount)")
    }
    shape = []
    place = cursor.offset
    for _ in 0..<extentCount {
      let extent: UInt64 = try cursor.read(subject("extents"))
      guard let extent = Int(exactly: extent) else {
        throw cursor.failure(subject("extents"), at: place, expected: "at most \(Int.max)", actual: "\(extent)")
      }
      shape.insert(extent, at: 0)
    }
    guard TensorExtent.elementCount(shape) != nil else {
      throw cursor.failure(
        subject("extents"), at: place, expected: "a product of at most \(Int.max)", actual: "\(shape)")
    }
    typePlace = cursor.offset
    typeNumber = try cursor.read(subject("element type"))
    if let type = Self.elementType(typeNumber) {
      guard let bytes = TensorExtent.byteCount(shape, of: type) else {
        throw cursor.failure(
          subject("extents"), at: place,
          expected: "rows of whole blocks of \(type.blockElements) elements (\(type.name)) that fit in memory",
          actual: "\(shape)")
      }
      byteCount = bytes
    } else {
      byteCount = 0
    }
    place = cursor.offset
    let offset: UInt64 = try cursor.read(subject("place of its data"))
    guard let offset = Int(exactly: offset), offset % alignment == 0 else {
      throw cursor.failure(
        subject("place of its data"), at: place, expected: "a multiple of \(alignment), at most \(Int.max)",
        actual: "\(offset)")
    }
    dataOffset = offset
    self.name = name
  }
}
