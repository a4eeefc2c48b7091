import TesseraModels
import Testing

/// A GGUF file that gguf's own writer made: what is in it, and errors that say what was asked for in vain.
@Suite struct GGUFFileTests {
  private let file: GGUFFile
  private var metadata: GGUFMetadata { file.metadata }

  init() throws { file = try GGUFFile(path: Samples.path("sample.gguf")) }

  @Test func numbersOfEveryType() throws {
    #expect(file.version == 3)
    let integers: [(String, Int)] = [
      ("uint8", 200), ("int8", -100), ("uint16", 60000), ("int16", -30000), ("uint32", 4_000_000_000),
      ("int32", -2_000_000_000), ("int64", .min),
    ]
    for (type, value) in integers {
      #expect(try metadata.integer(forKey: "number.\(type)") == value)
      #expect("\(metadata.type(forKey: "number.\(type)")!)" == type)
      if value >= 0 {
        #expect(try metadata.unsigned(forKey: "number.\(type)") == value)
      } else {
        let error = #expect(throws: ModelFileError.self) { try metadata.unsigned(forKey: "number.\(type)") }
        #expect(error?.expected == "0 or more" && error?.actual == "\(value)")
      }
    }
    #expect(try metadata.float(forKey: "number.float32") == 0.5)
    #expect(try metadata.float(forKey: "number.float64") == 0.1)
    #expect(try metadata.bool(forKey: "truth"))
    #expect(try metadata.string(forKey: "text") == "naïve 🦙")
    #expect(try metadata.string(forKey: "general.architecture") == "llama")
    let error = #expect(throws: ModelFileError.self) { try metadata.integer(forKey: "number.uint64") }
    #expect(error?.expected == "at most \(Int.max)")
  }

  @Test func arrays() throws {
    #expect(try Array(metadata.strings(forKey: "array.texts")) == ["", "a", "longer than fifteen bytes"])
    #expect(try Array(metadata.integers(forKey: "array.integers")) == [3, -1, 2])
    #expect(try Array(metadata.floats(forKey: "array.floats")) == [0.25, -1.5])
    #expect(metadata.type(forKey: "array.nested") == .array)
  }

  @Test func whatIsAskedForInVainIsNamed() throws {
    func message(_ body: () throws -> Void) -> String? {
      (#expect(throws: ModelFileError.self) { try body() }).map { "\($0)" }
    }
    let path = Samples.path("sample.gguf")
    #expect(
      message { _ = try metadata.string(forKey: "none") }
        == "\(path): metadata \"none\": expected a string, got no such key")
    let place = try #require(placeOfValue("number.uint8"))
    #expect(
      message { _ = try metadata.string(forKey: "number.uint8") }
        == "\(path): byte \(place): metadata \"number.uint8\": expected a string, got uint8")
    #expect(message { _ = try metadata.strings(forKey: "text") }!.hasSuffix("expected an array of strings, got string"))
    for key in ["array.integers", "array.nested"] {
      let kind = key == "array.nested" ? "array" : "int32"
      #expect(
        message { _ = try metadata.strings(forKey: key) }!
          .hasSuffix("\"\(key)\": expected an array of strings, got an array of \(kind)"))
    }
    #expect(message { _ = try metadata.bool(forKey: "text") }!.hasSuffix("expected true or false, got string"))
    #expect(message { _ = try metadata.float(forKey: "number.uint8") }!.contains("a floating-point number, got uint8"))
    #expect(message { _ = try metadata.integers(forKey: "array.floats") }!.contains("integers, got an array of float"))
    #expect(
      message { _ = try file.tensor(named: "none") } == "\(path): tensor \"none\": expected a tensor, got no such name")
  }

  @Test func tensorsHaveTheirShapes() throws {
    let tensor = try file.tensor(named: "Q4_K")
    #expect(tensor.shape == [2, 512] && tensor.rows == 2 && tensor.columns == 512)
    #expect(tensor.elementType == .q4_K && tensor.rowBytes == 288 && tensor.bytes.count == 576)
    #expect(try file.tensor(named: "halves").rows == 1)
    #expect(file.tensorNames.first == "F32" && file.tensorNames.count == 14)
    #expect(metadata.keys.first == "general.architecture" && Set(metadata.keys).count == metadata.keys.count)
  }

  @Test func anUnknownElementTypeMattersOnlyToItsTensor() throws {
    let file = try GGUFFile(path: Samples.path("adversarial/good-unknown-type.gguf"))
    #expect(try file.tensor(named: "y").shape == [2, 32])
    let error = #expect(throws: ModelFileError.self) { try file.tensor(named: "x") }
    #expect(error?.actual == "9999" && error?.subject == "tensor \"x\": element type")
  }

  /// Every shorter file is refused, at a byte that it has. What fills it up behind the last tensor may be missing.
  @Test func everyTruncationIsRefused() throws {
    let bytes = try Samples.bytes("sample.gguf")
    let end = try file.tensorNames.map { try file.tensor(named: $0).byteRange.upperBound }.max()!
    for count in 0..<end {
      let error = #expect(throws: ModelFileError.self) {
        _ = try GGUFFile(MappedFile(copying: bytes[..<count], name: "cut"))
      }
      #expect((error?.offset ?? 0) <= count)
    }
  }

  /// Where the value of a key that stands once begins: after the key and its type.
  private func placeOfValue(_ key: String) -> Int? {
    let bytes = Array(file.file.bytes)
    return (0..<bytes.count - key.utf8.count).first { bytes[$0..<$0 + key.utf8.count].elementsEqual(key.utf8) }
      .map { $0 + key.utf8.count + 4 }
  }
}
