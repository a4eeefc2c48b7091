import Foundation
import TesseraModels

/// Texts with llama.cpp's ids for them, and the part of a vocabulary that they can touch. Fixtures/Tokenizer/make.py
/// writes it.
struct TokenizerFixture: Decodable {
  struct Case: Decodable {
    let text: String
    let parsesControlTokens: Bool
    /// The ids by pre-tokenizer.
    let ids: [String: [Int]]

    /// As llama.cpp does, bytes without a token are left out.
    var options: EncodingOptions {
      EncodingOptions(parsesControlTokens: parsesControlTokens, dropsUnknownBytes: true)
    }
  }

  /// Id in the model, spelling, and kind.
  struct Token: Decodable {
    let id: Int
    let spelling: String
    let kind: Int

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      (id, spelling, kind) = (try values.decode(Int.self), try values.decode(String.self), try values.decode(Int.self))
    }
  }

  let tokens: [Token]
  let merges: [String]
  let cases: [Case]

  static let smollm2: TokenizerFixture = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try! Data(contentsOf: folder.appending(path: "Fixtures/Tokenizer/smollm2.json"))
    return try! JSONDecoder().decode(Self.self, from: data)
  }()

  /// Its ids are places in `tokens`.
  func tokenizer(_ preTokenizer: String) throws -> Tokenizer {
    try Tokenizer(
      TokenizerVocabulary(
        tokens: tokens.map(\.spelling), merges: merges, kinds: tokens.map(\.kind), preTokenizer: preTokenizer,
        addsBeginToken: false))
  }
}
