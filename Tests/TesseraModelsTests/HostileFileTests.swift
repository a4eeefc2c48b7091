import Foundation
import TesseraModels
import Testing

/// Files that lie about themselves: an error that says where and why, or all that was asked for; never a crash.
@Suite struct HostileFileTests {
  @Test(arguments: try Samples.adversarial()) func theCorpusIsJudgedByItsNames(_ name: String) throws {
    let path = Samples.path(name)
    let bytes = try Samples.bytes(name)
    if name.contains("/good") {
      #expect(throws: Never.self) { try open(path) }
    } else {
      let error = #expect(throws: ModelFileError.self) { try open(path) }
      #expect(error?.file == path && error?.expected.isEmpty == false && error?.actual.isEmpty == false)
      #expect((error?.offset ?? 0) <= bytes.count)
    }
    readEverything(bytes)
  }

  @Test func errorsSayWhatIsWrong() throws {
    let expected: [(String, String)] = [
      ("version-1.gguf", "byte 4: version: expected 2 or 3, little-endian, got 1"),
      ("big-endian.gguf", "byte 4: version: expected 2 or 3, little-endian, got 3, big-endian"),
      ("key-twice.gguf", "byte 57: key of metadata 1: expected each key once, got \"general.name\" again"),
      ("tensors-same-place.gguf", "tensors' data: expected each byte in one tensor"),
      ("array-too-deep.gguf", "at most 4 arrays in each other"),
      ("alignment-zero.gguf", "metadata \"general.alignment\": expected a power of two, 8 or more, got 0"),
      ("offset-unaligned.gguf", "tensor \"x\": place of its data: expected a multiple of 32"),
      ("name-twice-escaped.safetensors", "expected each name once, got \"x\" again"),
      ("gap.safetensors", "data_offsets: expected a tensor that begins at 16, where one ends, got 20"),
      ("data-long.safetensors", "data: expected 16 bytes, which the tensors fill, got 17"),
    ]
    for (name, text) in expected {
      let error = #expect(throws: ModelFileError.self, "\(name)") {
        try open(Samples.path("adversarial/\(name)"))
      }
      #expect(error.map { "\($0)" }?.contains(text) == true, "\(name)")
    }
  }

  /// Every letter with two accents in either order: names that differ in their bytes, and are the same to `String`.
  /// They are told apart, and do not meet in one place of a table, which would take minutes for these.
  @Test func namesThatUnicodeHoldsForEqual() throws {
    let names = (0..<1 << 15).map { bits in
      (0..<15).map { bits >> $0 & 1 == 0 ? "a\u{301}\u{323}" : "a\u{323}\u{301}" }.joined()
    }
    func bytes(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }
    var file = Array("GGUF".utf8) + bytes(UInt32(3)) + bytes(UInt64(0)) + bytes(UInt64(names.count))
    for (index, name) in names.enumerated() {
      file += bytes(UInt64(name.utf8.count)) + Array(name.utf8) + bytes(UInt32(4)) + bytes(UInt32(index))
    }
    let metadata = try GGUFFile(MappedFile(copying: file, name: "equal names")).metadata
    for index in [0, 1, 12345, names.count - 1] { #expect(try metadata.integer(forKey: names[index]) == index) }
  }

  private func open(_ path: String) throws {
    if path.hasSuffix(".gguf") { _ = try GGUFFile(path: path) } else { _ = try SafetensorsFile(path: path) }
  }

  /// The seed is the process's own unless TESSERA_TEST_SEED gives it; it is printed, so that a failure can be had
  /// again.
  @Test func anyMutationIsReadOrRefused() throws {
    let given = ProcessInfo.processInfo.environment["TESSERA_TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0..<1 << 32)
    print("mutations of model files: TESSERA_TEST_SEED=\(seed)")
    var random = SeededGenerator(seed: seed)
    let names = try ["sample.gguf", "sample.safetensors"] + Samples.adversarial().filter { $0.contains("/good") }
    for name in names {
      let bytes = try Samples.bytes(name)
      for _ in 0..<400 { readEverything(mutate(bytes, using: &random)) }
    }
  }

  /// Some bits turned, numbers overwritten by extreme ones, a piece moved, or the end cut off.
  private func mutate(_ bytes: [UInt8], using random: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    // What a file says of itself comes first; its data can hold anything.
    let head = min(bytes.count, Bool.random(using: &random) ? 128 : 2048)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let place = Int.random(in: 0..<head, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0, 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2:
        let number = [0, 1, UInt64.max, 1 << 63, 1 << 61, 1 << 32, 1 << 31].randomElement(using: &random)!
        for (index, byte) in withUnsafeBytes(of: number.littleEndian, Array.init).enumerated()
        where place + index < bytes.count {
          bytes[place + index] = byte
        }
      case 3:
        let from = Int.random(in: 0..<head, using: &random)
        for index in 0..<min(16, bytes.count - max(from, place)) { bytes[place + index] = bytes[from + index] }
      default:
        if Int.random(in: 0..<8, using: &random) == 0 { return Array(bytes[..<place]) }
        bytes[place] = UInt8.random(in: 0...255, using: &random)
      }
    }
    return bytes
  }
}
