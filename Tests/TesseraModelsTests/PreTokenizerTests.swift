import Testing
import TesseraModels

/// What the reference vocabulary cannot show, as it has no token of several digits.
@Suite struct PreTokenizerTests {
  @Test(arguments: [
    (PreTokenizer.gpt2, ["1234", " ", " ", "123"]), (.smollm, ["1", "2", "3", "4", "  ", "1", "2", "3"]),
    (.llama, ["123", "4", " ", " ", "123"]), (.qwen2, ["1", "2", "3", "4", " ", " ", "1", "2", "3"]),
    (.unnamed, ["123", "4", " ", " ", "123"]), (.smaug, ["123", "4", " ", " ", "123"]),
    (.gpt4o, ["123", "4", " ", " ", "123"]), (.tekken, ["1", "2", "3", "4", " ", " ", "1", "2", "3"]),
    (.deepSeekCoder, ["1", "2", "3", "4", "  ", "1", "2", "3"]), (.deepSeekLLM, ["1234", "  ", "123"]),
    (.deepSeekV3, ["123", "4", "  ", "123"]), (.qwen35, ["1", "2", "3", "4", " ", " ", "1", "2", "3"]),
  ])
  func numbers(_ preTokenizer: PreTokenizer, _ pieces: [String]) throws {
    let tokenizer = try Self.tokenizer(preTokenizer, ["1 2", "12 3", "123 4", "Ġ Ġ"])
    #expect(try Self.pieces("1234  123", tokenizer) == pieces)
  }

  /// A word that is in the vocabulary, though no merges lead to it.
  @Test func wholeWords() throws {
    for preTokenizer in PreTokenizer.allCases {
      var vocabulary = TokenizerVocabulary(
        tokens: TokenizerPropertyTests.byteTokens + ["xyz"], merges: [], preTokenizer: preTokenizer.rawValue,
        addsBeginToken: false)
      let takesWholeWords = [.llama, .tekken].contains(preTokenizer)
      let pieces = try Self.pieces("xyz", Tokenizer(vocabulary))
      #expect(pieces == (takesWholeWords ? ["xyz"] : ["x", "y", "z"]), "\(preTokenizer)")
      vocabulary.addsBeginToken = nil
      vocabulary.beginToken = 0
      #expect(try Tokenizer(vocabulary).addsBeginToken == takesWholeWords)
    }
  }

  /// All bytes, and the tokens that merges make.
  static func tokenizer(_ preTokenizer: PreTokenizer, _ merges: [String]) throws -> Tokenizer {
    try Tokenizer(
      TokenizerVocabulary(
        tokens: TokenizerPropertyTests.byteTokens + merges.map { $0.filter { $0 != " " } }, merges: merges,
        preTokenizer: preTokenizer.rawValue, addsBeginToken: false))
  }

  static func pieces(_ text: String, _ tokenizer: Tokenizer) throws -> [String] {
    try tokenizer.encode(text).map { String(decoding: try tokenizer.bytes(of: $0), as: UTF8.self) }
  }
}
