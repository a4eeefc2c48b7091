import TesseraCore

/// What a safetensors header says of one tensor.
struct SafetensorsTensorInfo {
  var dtype: String
  var shape: [Int]
  /// From the data's start.
  var data: Range<Int>

  static let elementTypes: [ElementType] = [.float32, .float16, .bfloat16]
  /// Frameworks have no tensors of more; the limit keeps a shape from taking more memory than it does in the file.
  private static let mostExtents = 8

  /// nil where the type cannot be read.
  var elementType: ElementType? { Self.elementTypes.first { $0.name == dtype } }

  init(_ cursor: inout ByteCursor, name: String) throws(ModelFileError) {
    let start = cursor.offset
    var (dtype, shape, offsets): (String?, [Int]?, [Int]?)
    func subject(_ part: String) -> String { "tensor \"\(name)\": \(part)" }
    try cursor.jsonObject(subject("entry")) { (cursor, key, place) throws(ModelFileError) in
      switch key {
      case "dtype" where dtype == nil: dtype = try cursor.jsonString(subject(key)).text
      case "shape" where shape == nil: shape = try cursor.jsonIntegers(subject(key), most: Self.mostExtents)
      case "data_offsets" where offsets == nil: offsets = try cursor.jsonIntegers(subject(key), most: 2)
      default:
        throw cursor.failure(
          subject("entry"), at: place, expected: "dtype, shape and data_offsets, each once", actual: "\"\(key)\"")
      }
    }
    guard let dtype, let shape, let offsets else {
      throw cursor.failure(subject("entry"), at: start, expected: "dtype, shape and data_offsets", actual: "fewer")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw cursor.failure(
        subject("data_offsets"), at: start, expected: "a begin, and an end not before it", actual: "\(offsets)")
    }
    guard TensorExtent.elementCount(shape) != nil else {
      throw cursor.failure(
        subject("shape"), at: start, expected: "a product of at most \(Int.max)", actual: "\(shape)")
    }
    (self.dtype, self.shape, data) = (dtype, shape, offsets[0]..<offsets[1])
    if let type = elementType {
      let expected = TensorExtent.byteCount(shape, of: type)
      guard expected == data.count else {
        throw cursor.failure(
          subject("data_offsets"), at: start,
          expected: "\(expected.map(String.init) ?? "more than all") bytes for \(shape) of \(dtype)",
          actual: "\(data.count)")
      }
    }
  }
}
