import Foundation
import TesseraModels

/// What llama.cpp makes of texts with small vocabularies. Fixtures/Tokenizer/make_models.py writes it; the variable
/// TESSERA_TOKENIZER_FIXTURES names another folder that it wrote to, for more texts.
enum LlamaFixture {
  struct Texts: Decodable {
    let texts: [String]
    private let parses: [Int]

    /// As llama.cpp does, bytes without a token are left out.
    func options(_ index: Int) -> EncodingOptions {
      EncodingOptions(parsesControlTokens: parses[index] == 1, dropsUnknownBytes: true)
    }
  }

  /// Of the first texts the ids, of all 64-bit hashes.
  struct Results: Decodable {
    let ids: [[Int]]
    private let hashes: Data
    private let decoded: Data?
    /// "Hello <s>" as a prompt.
    let begun: [Int]?

    var count: Int { hashes.count / 8 }

    func hash(_ index: Int) -> UInt64 { Self.number(hashes, index) }

    /// Of the bytes that the ids are decoded to.
    func decodedHash(_ index: Int) -> UInt64 { Self.number(decoded!, index) }

    private static func number(_ data: Data, _ index: Int) -> UInt64 {
      data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) }
    }
  }

  struct Words: Decodable {
    let tokens: [String]
    let kinds: [Int]
    let merges: [String]
    let results: [String: Results]
  }

  struct Pieces: Decodable {
    let tokens: [String]
    let kinds: [Int]
    let scores: [Float]
    let results: [String: Results]
  }

  struct Roles: Decodable {
    struct Case: Decodable {
      let tokens: [String]
      let kinds: [Int]
      let keys: [String: Int]
      /// What ends a generation.
      let ends: [Int]
      /// The kinds that llama.cpp goes by.
      let kept: [Int]
    }

    let cases: [Case]
  }

  static let texts: Texts = read("texts")
  static let words: Words = read("words")
  static let pieces: Pieces = read("pieces")
  static let roles: Roles = read("roles")

  /// FNV-1a.
  static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  static func hash(ids: [Int]) -> UInt64 {
    hash(ids.lazy.flatMap { id in (0..<4).lazy.map { UInt8(truncatingIfNeeded: id >> (8 * $0)) } })
  }

  private static func read<Content: Decodable>(_ name: String) -> Content {
    let named = ProcessInfo.processInfo.environment["TESSERA_TOKENIZER_FIXTURES"]
    let folder =
      named.map { URL(filePath: $0) }
      ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/Tokenizer")
    return try! JSONDecoder().decode(Content.self, from: Data(contentsOf: folder.appending(path: "\(name).json")))
  }
}
