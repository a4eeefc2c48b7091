import TesseraModels
import Testing

/// A safetensors file that the format's own library made.
@Suite struct SafetensorsFileTests {
  private let file: SafetensorsFile

  init() throws { file = try SafetensorsFile(path: Samples.path("sample.safetensors")) }

  @Test func tensorsAreAsTheirMakersReadThem() throws {
    let values = try ["brain \"é\"", "half", "single"].flatMap { try file.tensor(named: $0).floats() }
    let expected = try Samples.floats("sample.safetensors.expected.f32")
    #expect(values.map(\.bitPattern) == expected.map(\.bitPattern))
    #expect(Set(file.tensorNames) == ["brain \"é\"", "half", "single", "integers", "empty"])
    #expect(try file.tensor(named: "single").shape == [3, 5])
    #expect(try file.tensor(named: "half").elementType == .float16)
    #expect(try file.tensor(named: "empty").floats().isEmpty)
  }

  @Test func textsAboutTheFile() {
    #expect(Array(file.metadataKeys).sorted() == ["format", "note"])
    #expect(file.metadata(forKey: "format") == "pt")
    #expect(file.metadata(forKey: "note") == "line\nbreak")
    #expect(file.metadata(forKey: "single") == nil)
  }

  @Test func whatIsAskedForInVainIsNamed() {
    let path = Samples.path("sample.safetensors")
    let missing = #expect(throws: ModelFileError.self) { try file.tensor(named: "none") }
    #expect(missing.map { "\($0)" } == "\(path): tensor \"none\": expected a tensor, got no such name")
    let unknown = #expect(throws: ModelFileError.self) { try file.tensor(named: "integers") }
    #expect(unknown?.actual == "\"I64\"" && unknown?.expected == "F32, F16, BF16")
  }

  @Test func escapesAreCharacters() throws {
    let file = try SafetensorsFile(path: Samples.path("adversarial/good-escapes.safetensors"))
    #expect(Array(file.tensorNames) == ["x🦙\n"])
    #expect(try file.tensor(named: "x🦙\n").floats() == [0, 0, 0, 0])
  }

  @Test func everyTruncationIsRefused() throws {
    let bytes = try Samples.bytes("sample.safetensors")
    for count in 0..<bytes.count {
      let error = #expect(throws: ModelFileError.self) {
        try SafetensorsFile(MappedFile(copying: bytes[..<count], name: "cut"))
      }
      #expect((error?.offset ?? 0) <= count)
    }
  }
}
