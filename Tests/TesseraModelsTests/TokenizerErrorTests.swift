import Tessera
import Testing
import TesseraModels

/// Vocabularies and ids that cannot be: the error says what was expected and what came.
@Suite struct TokenizerErrorTests {
  /// A vocabulary that is right, changed.
  static func changed(_ change: (inout TokenizerVocabulary) -> Void) -> TokenizerVocabulary {
    var vocabulary = TokenizerVocabulary(
      tokens: ["a", "b", "ab", "<|end|>"], merges: ["a b"], kinds: [1, 1, 1, 3], preTokenizer: "gpt-2", beginToken: 3,
      endToken: 3)
    change(&vocabulary)
    return vocabulary
  }

  static let wrong: [(vocabulary: TokenizerVocabulary, words: [String])] = [
    (changed { ($0.tokens, $0.kinds, $0.merges) = ([], [], []) }, ["tokens", "from 1", "got 0"]),
    (changed { $0.tokens[1] = "a" }, ["tokens[1]", "once", "tokens[0]"]),
    (changed { $0.tokens[1] = "b " }, ["tokens[1]", "byte alphabet", "\"b \""]),
    (changed { $0.kinds = [1, 1] }, ["token types", "4", "got 2"]),
    (changed { $0.kinds![2] = 7 }, ["token types[2]", "1 to 6", "got 7"]),
    (changed { $0.kinds![2] = 6 }, ["tokens[2]", "<0xNN>", "\"ab\""]),
    (changed { $0.merges = ["a c"] }, ["merges[0]", "\"c\"", "\"a c\""]),
    (changed { $0.merges = ["c b"] }, ["merges[0]", "\"c\"", "\"c b\""]),
    (changed { $0.merges.append("b a") }, ["merges[1]", "\"ba\"", "\"b a\""]),
    (changed { $0.merges.append("a b") }, ["merges[1]", "once", "\"a b\""]),
    (changed { $0.merges = ["ab"] }, ["merges[0]", "blank", "\"ab\""]),
    (changed { $0.merges = [" ab"] }, ["merges[0]", "blank", "\" ab\""]),
    (changed { $0.merges = ["ab "] }, ["merges[0]", "blank", "\"ab \""]),
    (changed { $0.merges = [""] }, ["merges[0]", "blank", "\"\""]),
    (changed { $0.merges = [String(repeating: "x", count: 1000)] }, ["merges[0]", "blank", "xxx…"]),
    (changed { $0.kinds![0] = 3 }, ["merges[0]", "\"a\" among the tokens of text"]),
    (
      changed {
        ($0.tokens, $0.merges) = (["Ġ", "b", "Ġb", "x"], ["Ġ b"]); $0.kinds![2] = 4
      }, ["merges[0]", "same bytes"]
    ),
    (
      changed {
        ($0.tokens, $0.merges) = (["b", "Ġ", "bĠ", "x"], ["b Ġ"])
        $0.kinds![2] = 4
      }, ["merges[0]", "same bytes"]
    ),
    (changed { $0.preTokenizer = "nobody" }, ["\"nobody\"", "gpt-2", "smollm", "llama-bpe", "qwen2"]),
    (changed { $0.beginToken = 4 }, ["begin token", "0 to 3", "got 4"]),
    (changed { $0.endToken = -1 }, ["end token", "0 to 3", "got -1"]),
    (changed { ($0.beginToken, $0.addsBeginToken) = (nil, true) }, ["begin token", "none"]),
  ]

  @Test(arguments: wrong.indices) func vocabulariesThatCannotBe(_ index: Int) throws {
    let error = try #require(throws: TesseraError.self) { try Tokenizer(Self.wrong[index].vocabulary) }
    for word in Self.wrong[index].words { #expect("\(error)".contains(word), "\(error)") }
  }

  @Test func idsOutOfRange() throws {
    let tokenizer = try Tokenizer(Self.changed { _ in })
    for id in [-1, 4, Int.max, Int.min] {
      let errors = [
        #expect(throws: TesseraError.self) { try tokenizer.decode([0, id]) },
        #expect(throws: TesseraError.self) { try tokenizer.bytes(of: id) },
        #expect(throws: TesseraError.self) { try tokenizer.kind(of: id) },
        #expect(throws: TesseraError.self) {
          var stream = TokenStream(tokenizer)
          return try stream.append(id)
        },
      ]
      for error in errors { #expect("\(error!)".contains("0 to 3, got \(id)")) }
    }
  }

  @Test func bytesWithoutAToken() throws {
    let tokenizer = try Tokenizer(Self.changed { _ in })
    let error = try #require(throws: TesseraError.self) { try tokenizer.encode("abzb") }
    #expect("\(error)".contains("byte 2") && "\(error)".contains("0x7a"), "\(error)")
    #expect(try tokenizer.encode("abzb", EncodingOptions(dropsUnknownBytes: true)) == [2, 1])
    let fallback = try Tokenizer(Self.changed { ($0.tokens[3], $0.kinds![3]) = ("<0x7A>", 6) })
    #expect(try fallback.encode("abzb") == [2, 3, 1])
    #expect(try fallback.decode([2, 3, 1]) == Array("abzb".utf8))
  }
}
