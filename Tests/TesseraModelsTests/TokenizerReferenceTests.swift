import Foundation
import Testing
import TesseraModels

/// Ids are llama.cpp's, with the vocabulary of SmolLM2 and four pre-tokenizers.
@Suite struct TokenizerReferenceTests {
  static let fixture = TokenizerFixture.smollm2
  static let preTokenizers: [PreTokenizer] = [.gpt2, .smollm, .llama, .qwen2]

  @Test(arguments: preTokenizers) func idsAreLlamaCpps(_ preTokenizer: PreTokenizer) throws {
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

/// The same with the whole vocabulary, which the model's file has.
@Suite(.enabled(if: ModelUnderTest.isWanted, "\(ModelUnderTest.skipReason)"))
struct WholeVocabularyTests {
  @Test(arguments: TokenizerReferenceTests.preTokenizers) func idsAreLlamaCpps(_ preTokenizer: PreTokenizer) throws {
    var vocabulary = try TokenizerVocabulary(ModelUnderTest.file().metadata)
    (vocabulary.preTokenizer, vocabulary.addsBeginToken) = (preTokenizer.rawValue, false)
    let tokenizer = try Tokenizer(vocabulary)
    for example in TokenizerFixture.smollm2.cases {
      let ids = try tokenizer.encode(example.text, example.options)
      #expect(ids == example.ids[preTokenizer.rawValue], "\(example.text.debugDescription)")
    }
  }
}
