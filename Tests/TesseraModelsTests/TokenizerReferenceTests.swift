import Foundation
import Testing
import TesseraModels

/// Ids are llama.cpp's, with the vocabulary of SmolLM2 and every pre-tokenizer.
@Suite struct TokenizerReferenceTests {
  static let fixture = TokenizerFixture.smollm2

  @Test(arguments: PreTokenizer.allCases) func idsAreLlamaCpps(_ preTokenizer: PreTokenizer) throws {
    let tokenizer = try Self.fixture.tokenizer(preTokenizer.rawValue)
    #expect(Self.fixture.cases.count >= 200)
    for example in Self.fixture.cases {
      let ids = try tokenizer.encode(example.text, example.options).map { Self.fixture.tokens[$0].id }
      #expect(ids == example.ids[preTokenizer.rawValue], "\(example.text.debugDescription)")
    }
  }

  @Test func decodingGivesTheTextBack() throws {
    let tokenizer = try Self.fixture.tokenizer("smollm")
    var count = 0
    for example in Self.fixture.cases {
      guard let ids = try? tokenizer.encode(example.text, EncodingOptions(parsesControlTokens: true)) else { continue }
      #expect(try tokenizer.decode(ids) == Array(example.text.utf8))
      count += 1
    }
    #expect(count >= Self.fixture.cases.count - 5, "only texts of bytes that have no token cannot be encoded")
  }
}

/// The same with the whole vocabulary. TESSERA_VOCABULARY names JSON with `tokens`, `merges` and `kinds`.
@Suite struct WholeVocabularyTests {
  struct Vocabulary: Decodable {
    let tokens: [String]
    let merges: [String]
    let kinds: [Int]
  }

  private static let path = ProcessInfo.processInfo.environment["TESSERA_VOCABULARY"]

  @Test(.enabled(if: path != nil, "TESSERA_VOCABULARY names no vocabulary"))
  func idsAreLlamaCpps() throws {
    let path = try #require(Self.path)
    let vocabulary = try JSONDecoder().decode(Vocabulary.self, from: Data(contentsOf: URL(filePath: path)))
    for name in PreTokenizer.allCases.map(\.rawValue) {
      let tokenizer = try Tokenizer(
        TokenizerVocabulary(
          tokens: vocabulary.tokens, merges: vocabulary.merges, kinds: vocabulary.kinds, preTokenizer: name,
          addsBeginToken: false))
      let cases = TokenizerFixture.smollm2.cases
      let equal = try cases.filter { try tokenizer.encode($0.text, $0.options) == $0.ids[name] }
      print("\(name): \(equal.count) of \(cases.count) equal")
      #expect(equal.count == cases.count)
    }
  }
}
