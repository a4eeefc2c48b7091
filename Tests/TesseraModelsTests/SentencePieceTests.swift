import Foundation
import Tessera
import Testing
import TesseraModels

/// Sentence pieces: ids and text are llama.cpp's.
@Suite struct SentencePieceTests {
  static let variants = ["usual", "no prefix", "trimming"]

  static func vocabulary(_ variant: String = "usual") -> TokenizerVocabulary {
    let pieces = LlamaFixture.pieces
    var vocabulary = TokenizerVocabulary(pieces: pieces.tokens, scores: pieces.scores, kinds: pieces.kinds)
    if variant == "no prefix" { vocabulary.addsSpacePrefix = false }
    vocabulary.trimsAfterSpecialTokens = variant == "trimming"
    return vocabulary
  }

  @Test(arguments: variants) func idsAndTextAreLlamaCpps(_ variant: String) throws {
    let texts = LlamaFixture.texts
    let expected = try #require(LlamaFixture.pieces.results[variant])
    let tokenizer = try Tokenizer(Self.vocabulary(variant))
    #expect(expected.count == texts.texts.count && expected.count >= 1000)
    for (index, text) in texts.texts.enumerated() {
      let ids = try tokenizer.encode(text, texts.options(index))
      if index < expected.ids.count { #expect(ids == expected.ids[index]) }
      let pieces = try ids.map { String(decoding: try tokenizer.bytes(of: $0), as: UTF8.self) }
      if LlamaFixture.hash(ids: ids) != expected.hash(index) {
        Issue.record("text \(index): \(text.debugDescription) became \(pieces)")
      } else if LlamaFixture.hash(try tokenizer.decode(ids)) != expected.decodedHash(index) {
        Issue.record("text \(index): \(pieces) were decoded to \(try tokenizer.decode(ids))")
      }
    }
    let options = EncodingOptions(parsesControlTokens: true, marksBegin: true)
    #expect(try tokenizer.encode("Hello <s>", options) == expected.begun)
  }

  /// All blanks of a vocabulary that gives its runs of blanks as text: a user-defined token is shown as it is spelled.
  static func withBlanks() throws -> Tokenizer {
    var vocabulary = vocabulary()
    for (id, token) in vocabulary.tokens.enumerated() where token.contains("\u{2581}") { vocabulary.kinds![id] = 1 }
    return try Tokenizer(vocabulary)
  }

  /// Bytes that are not UTF-8 come back too, as no letter but U+2581 is written otherwise.
  @Test(arguments: 1...10) func anyBytesComeBack(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let tokenizer = try Self.withBlanks()
    for _ in 0..<50 {
      let bytes = TokenizerPropertyTests.randomBytes(&random)
      let ids = try tokenizer.encode(bytes: bytes)
      #expect(try tokenizer.decode(ids) == bytes, "seed \(seed): \(bytes) became \(ids)")
    }
  }

  /// The definition looks through all pairs before every merge.
  @Test(arguments: 1...10) func mergesAreThoseOfTheDefinition(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var tokens = ["<unk>", "<s>", "</s>", "a", "b", "c"]
    for _ in 0..<60 {
      let token = tokens[3...].randomElement(using: &random)! + tokens[3...].randomElement(using: &random)!
      if !tokens.contains(token), token.count < 9 { tokens.append(token) }
    }
    // Few different scores, of either sign, so that many are equal.
    let scores = tokens.map { _ in Float([-3.5, -1, -0.0, 0, 2.25].randomElement(using: &random)!) }
    var vocabulary = TokenizerVocabulary(
      pieces: tokens, scores: scores, kinds: [2, 3, 3] + tokens[3...].map { _ in 1 })
    vocabulary.addsSpacePrefix = false
    let tokenizer = try Tokenizer(vocabulary)
    for _ in 0..<20 {
      var word = (0..<40).map { _ in ["a", "b", "c"].randomElement(using: &random)! }
      let text = word.joined()
      while true {
        let ranked = zip(word, word.dropFirst()).map { tokens.firstIndex(of: $0 + $1).map { scores[$0] } }
        guard let best = ranked.compactMap(\.self).max(), let place = ranked.firstIndex(of: best) else { break }
        word[place...(place + 1)] = [word[place] + word[place + 1]]
      }
      #expect(try tokenizer.encode(text) == word.map { tokens.firstIndex(of: $0)! }, "seed \(seed): \(text)")
    }
  }

  /// A text of a quarter of a million characters comes back. That it takes no quadratic work shows only in how long the
  /// tests take.
  @Test func longTexts() throws {
    var random = SeededGenerator(seed: 1)
    let tokenizer = try Self.withBlanks()
    let count = 1 << 18
    for bytes in [
      [UInt8](repeating: 32, count: count), (0..<count).map { _ in UInt8.random(in: 97...100, using: &random) },
    ] {
      #expect(try tokenizer.decode(tokenizer.encode(bytes: bytes)) == bytes)
    }
  }

  @Test func streamsKeepTheFirstBlank() throws {
    let tokenizer = try Tokenizer(Self.vocabulary())
    let ids = try tokenizer.encode("the end")
    #expect(try tokenizer.decode(ids) == Array("the end".utf8))
    var stream = TokenStream(tokenizer)
    var text = ""
    for id in ids { text += try stream.append(id) }
    #expect(text + stream.finish() == " the end")
  }

  @Test func textThatFollowsTextHasNoBlankBefore() throws {
    let tokenizer = try Tokenizer(Self.vocabulary())
    var options = EncodingOptions()
    options.followsText = true
    let ids = try tokenizer.encode("the end<u>a", options)
    #expect(try ids.map { try tokenizer.bytes(of: $0) }.joined().elementsEqual("the end<u> a".utf8))
  }

  @Test func whatHoldsWhereAFileDoesNotSay() throws {
    let tokenizer = try Tokenizer(Self.vocabulary())
    #expect(tokenizer.preTokenizer == nil && tokenizer.addsBeginToken)
    #expect((tokenizer.beginToken, tokenizer.endToken) == (1, 2))
    var vocabulary = Self.vocabulary()
    vocabulary.addsBeginToken = false
    #expect(try !Tokenizer(vocabulary).addsBeginToken)
    // Without scores all are equal, and the leftmost pair is first.
    vocabulary = TokenizerVocabulary(pieces: ["<unk>", "<s>", "</s>", "a", "ab", "bc", "c"], scores: nil)
    vocabulary.addsSpacePrefix = false
    #expect(try Tokenizer(vocabulary).encode("abc") == [4, 6])
  }

  static let wrong: [(change: @Sendable (inout TokenizerVocabulary) -> Void, words: [String])] = [
    ({ $0.scores!.removeLast() }, ["scores", "5, one for each token", "got 4"]),
    ({ $0.scores!.append(0) }, ["scores", "5, one for each token", "got 6"]),
    ({ $0.scores![3] = .nan }, ["scores[3]", "a finite number", "nan"]),
    ({ $0.scores![4] = -.infinity }, ["scores[4]", "a finite number", "-inf"]),
    ({ ($0.tokens, $0.scores, $0.kinds) = ([], [], []) }, ["tokens", "from 1", "got 0"]),
    ({ $0.tokens[4] = "a" }, ["tokens[4]", "once"]),
    ({ $0.kinds = [2, 3, 3, 1] }, ["token types", "5", "got 4"]),
    ({ $0.kinds![3] = 6 }, ["tokens[3]", "<0xNN>", "\"a\""]),
    ({ $0.endToken = 5 }, ["end token", "0 to 4", "got 5"]),
    ({ $0.messageEndToken = 9 }, ["message end token", "0 to 4", "got 9"]),
    ({ $0.fillTokens[.padding] = 7 }, ["fim_pad_token_id", "0 to 4", "got 7"]),
    ({ ($0.tokens, $0.scores, $0.kinds) = (["a"], [0], nil) }, ["begin token", "none"]),
  ]

  @Test(arguments: wrong.indices) func vocabulariesThatCannotBe(_ index: Int) throws {
    var vocabulary = TokenizerVocabulary(
      pieces: ["<unk>", "<s>", "</s>", "a", "b"], scores: [0, 0, 0, -1, -2], kinds: [2, 3, 3, 1, 1])
    Self.wrong[index].change(&vocabulary)
    let error = try #require(throws: TesseraError.self) { try Tokenizer(vocabulary) }
    for word in Self.wrong[index].words { #expect("\(error)".contains(word), "\(error)") }
  }

  @Test func bytesWithoutAToken() throws {
    var vocabulary = TokenizerVocabulary(pieces: ["<unk>", "<s>", "</s>", "a"], scores: nil, kinds: [2, 3, 3, 1])
    vocabulary.addsSpacePrefix = false
    let tokenizer = try Tokenizer(vocabulary)
    let error = try #require(throws: TesseraError.self) { try tokenizer.encode("aza") }
    #expect("\(error)".contains("0x7a"), "\(error)")
    #expect(try tokenizer.encode("aza", EncodingOptions(dropsUnknownBytes: true)) == [3, 3])
  }

  /// A control token comes of no text, also where its parts are tokens.
  @Test func textIsNoControlToken() throws {
    var vocabulary = TokenizerVocabulary(
      pieces: ["<unk>", "<s>", "</s>", "<s", ">", "<", "s"], scores: nil, kinds: [2, 3, 3, 1, 1, 1, 1])
    vocabulary.addsSpacePrefix = false
    let tokenizer = try Tokenizer(vocabulary)
    #expect(try tokenizer.encode("<s>") == [3, 4])
    #expect(try tokenizer.encode("<s>", EncodingOptions(parsesControlTokens: true)) == [1])
  }
}
