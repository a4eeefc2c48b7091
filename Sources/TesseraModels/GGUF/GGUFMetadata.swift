/// The keys and values of a GGUF file. Values stay in the file until they are asked for; that all lie within it has
/// been checked.
public struct GGUFMetadata: Sendable {
  public let file: MappedFile
  private var table: NameTable

  /// Fewest bytes of a pair: the key's length, one byte of key, type, one byte of value.
  static let leastPairBytes = 8 + 1 + 4 + 1

  init(_ cursor: inout ByteCursor, count: Int) throws(ModelFileError) {
    file = cursor.file
    table = NameTable(capacity: count)
    for index in 0..<count {
      let place = cursor.offset
      let key = try cursor.name("key of metadata \(index)")
      let type = try cursor.valueType("metadata \"\(key)\": type")
      try cursor.skipValue(type, "metadata \"\(key)\"")
      guard table.insert(key, place: place, nameAt: { [file] in file.ggufString(at: $0) }) else {
        throw cursor.failure(
          "key of metadata \(index)", at: place, expected: "each key once", actual: "\"\(key)\" again")
      }
    }
  }

  /// All keys, in the file's order.
  public var keys: some RandomAccessCollection<String> {
    table.places.lazy.map { [file] in file.ggufString(at: $0) }
  }

  public func contains(_ key: String) -> Bool { place(of: key) != nil }

  /// The type of a key's value; nil where there is no such key.
  public func type(forKey key: String) -> GGUFValueType? { value(forKey: key)?.type }

  public func string(forKey key: String) throws(ModelFileError) -> String {
    var value = try value(forKey: key, of: "a string") { $0 == .string }
    return try value.cursor.string(Self.subject(key))
  }

  public func bool(forKey key: String) throws(ModelFileError) -> Bool {
    let value = try value(forKey: key, of: "true or false") { $0 == .bool }
    let byte = file.bytes[value.cursor.offset]
    guard byte <= 1 else {
      throw value.cursor.failure(Self.subject(key), expected: "0 or 1 for false or true", actual: "\(byte)")
    }
    return byte == 1
  }

  /// A number of any of the integer types.
  public func integer(forKey key: String) throws(ModelFileError) -> Int {
    let value = try value(forKey: key, of: "an integer", \.isInteger)
    return try integer(value, key: key, atLeast: .min)
  }

  /// A number of any of the integer types that is not negative.
  public func unsigned(forKey key: String) throws(ModelFileError) -> Int {
    let value = try value(forKey: key, of: "an integer", \.isInteger)
    return try integer(value, key: key, atLeast: 0)
  }

  /// A number of one of the two floating-point types.
  public func float(forKey key: String) throws(ModelFileError) -> Double {
    let value = try value(forKey: key, of: "a floating-point number", \.isFloat)
    return value.type.float(file.bytes, at: value.cursor.offset)
  }

  /// An array of strings. Takes 8 bytes each; the strings are made when they are asked for.
  public func strings(forKey key: String) throws(ModelFileError) -> GGUFArray<String> {
    var array = try array(forKey: key, of: "strings") { $0 == .string }
    var places: [Int] = []
    places.reserveCapacity(array.count)
    for index in 0..<array.count {
      places.append(array.cursor.offset)
      // Read once here, so that reading it later cannot fail.
      _ = try array.cursor.string("\(Self.subject(key)): string \(index)")
    }
    return GGUFArray(count: array.count) { [file, places] in file.ggufString(at: places[$0]) }
  }

  /// An array of one of the integer types.
  public func integers(forKey key: String) throws(ModelFileError) -> GGUFArray<Int> {
    let array = try array(forKey: key, of: "integers", \.isInteger)
    let (type, first, size) = (array.type, array.cursor.offset, array.type.leastByteCount)
    for index in 0..<array.count where type.integer(file.bytes, at: first + index * size) == nil {
      throw array.cursor.failure(
        "\(Self.subject(key)): number \(index)", at: first + index * size, expected: "at most \(Int.max)",
        actual: "more")
    }
    return GGUFArray(count: array.count) { [file] in type.integer(file.bytes, at: first + $0 * size)! }
  }

  /// An array of one of the floating-point types.
  public func floats(forKey key: String) throws(ModelFileError) -> GGUFArray<Double> {
    let array = try array(forKey: key, of: "floating-point numbers", \.isFloat)
    let (type, first, size) = (array.type, array.cursor.offset, array.type.leastByteCount)
    return GGUFArray(count: array.count) { [file] in type.float(file.bytes, at: first + $0 * size) }
  }

  private func integer(_ value: Value, key: String, atLeast least: Int) throws(ModelFileError) -> Int {
    guard let number = value.type.integer(file.bytes, at: value.cursor.offset) else {
      throw value.cursor.failure(Self.subject(key), expected: "at most \(Int.max)", actual: "more")
    }
    guard number >= least else {
      throw value.cursor.failure(Self.subject(key), expected: "\(least) or more", actual: "\(number)")
    }
    return number
  }
}

extension GGUFMetadata {
  private typealias Value = (type: GGUFValueType, cursor: ByteCursor)

  private static func subject(_ key: String) -> String { "metadata \"\(key)\"" }

  private func place(of key: String) -> Int? {
    table.place(of: key) { [file] in file.ggufString(at: $0) }
  }

  /// A value that is there and will not do.
  func failure(_ key: String, expected: String, actual: String) -> ModelFileError {
    ModelFileError(
      file: file.path, offset: value(forKey: key)?.cursor.offset, subject: Self.subject(key), expected: expected,
      actual: actual)
  }

  /// The type and a cursor at the value's first byte.
  private func value(forKey key: String) -> Value? {
    guard let place = place(of: key) else { return nil }
    var cursor = ByteCursor(file, at: place + 8 + key.utf8.count)
    // It has been read before.
    let type = try! cursor.valueType(Self.subject(key))
    return (type, cursor)
  }

  private func value(
    forKey key: String, of expected: String, _ fits: (GGUFValueType) -> Bool
  ) throws(ModelFileError) -> Value {
    guard let value = value(forKey: key) else {
      throw ModelFileError(
        file: file.path, offset: nil, subject: Self.subject(key), expected: expected, actual: "no such key")
    }
    guard fits(value.type) else {
      throw value.cursor.failure(Self.subject(key), expected: expected, actual: "\(value.type)")
    }
    return value
  }

  func array(
    forKey key: String, of expected: String, _ fits: (GGUFValueType) -> Bool
  ) throws(ModelFileError) -> (type: GGUFValueType, count: Int, cursor: ByteCursor) {
    var value = try value(forKey: key, of: "an array of \(expected)") { $0 == .array }
    let (type, count) = try value.cursor.arrayHeader(Self.subject(key))
    guard fits(type) else {
      throw value.cursor.failure(
        Self.subject(key), expected: "an array of \(expected)", actual: "an array of \(type)")
    }
    return (type, count, value.cursor)
  }
}
