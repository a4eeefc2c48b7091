import Testing
import TesseraModels

@Suite struct SpecialTokenTests {
  /// Bytes, then special tokens from id 256 on.
  static func tokenizer(_ special: [(String, TokenKind)], begin: Int? = nil, addsBegin: Bool? = nil) throws -> Tokenizer
  {
    let bytes = TokenizerPropertyTests.byteTokens
    return try Tokenizer(
      TokenizerVocabulary(
        tokens: bytes + special.map(\.0), merges: [],
        kinds: bytes.map { _ in TokenKind.normal.rawValue } + special.map(\.1.rawValue), preTokenizer: "gpt-2",
        beginToken: begin, addsBeginToken: addsBegin))
  }

  @Test func longestFirstWhereverItLies() throws {
    let tokenizer = try Self.tokenizer([("<a", .userDefined), ("a><", .userDefined), ("a>", .userDefined)])
    #expect(try tokenizer.encode("<a><a>") == [60, 257, 258], "the longest is found before those left of it")
    #expect(try tokenizer.encode("<a<a") == [256, 256])
    #expect(try tokenizer.encode("") == [])
  }

  @Test func controlTokensOnlyWhereAsked() throws {
    let tokenizer = try Self.tokenizer([("<c>", .control), ("<u>", .unknown), ("<d>", .userDefined)])
    let text = "<c><u><d>"
    #expect(try tokenizer.encode(text) == [60, 99, 62, 60, 117, 62, 258])
    let ids = try tokenizer.encode(text, EncodingOptions(parsesControlTokens: true))
    #expect(ids == [256, 257, 258])
    #expect(try tokenizer.decode(ids) == Array(text.utf8))
    #expect(try tokenizer.decode(ids, showsControlTokens: false) == Array("<d>".utf8))
  }

  @Test func beginTokenWhereTheVocabularyWantsIt() throws {
    for (adds, ids) in [(true, [256, 97]), (false, [97])] {
      let tokenizer = try Self.tokenizer([("<s>", .control)], begin: 256, addsBegin: adds)
      #expect(try tokenizer.encode("a", EncodingOptions(marksBegin: true)) == ids)
      #expect(try tokenizer.encode("a") == [97])
    }
  }
}
