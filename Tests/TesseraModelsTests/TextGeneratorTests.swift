import Tessera
import TesseraModels
import Testing

/// Text after prompts, of a model that is sure of what comes: every token, piece of text and reason to end is known.
@Suite struct TextGeneratorTests {
  /// The last spelling is of two bytes, whose tokens are 7 and 8. The model has two more tokens than the tokenizer.
  private static let spellings = ["<|end|>", "H", "el", "lo", "Ġwor", "ld", "!", "Ã", "©"]
  /// H el lo Ġwor ld ! <|end|>; é <|end|>. After the two tokens without a spelling they come again.
  private static let next = [1, 2, 3, 4, 5, 6, 0, 8, 0, 10, 9]

  private static func tokenizer(count: Int = spellings.count) throws -> Tokenizer {
    let spellings = Self.spellings + (Self.spellings.count..<max(count, Self.spellings.count)).map { "<\($0)>" }
    return try Tokenizer(
      TokenizerVocabulary(
        tokens: spellings.prefix(count), merges: [], kinds: [3] + Array(repeating: 1, count: count - 1),
        preTokenizer: "gpt-2", endToken: 0))
  }

  private static func generator(
    _ maximumTokens: Int = 20, stops: [String] = [], sequences: Int = 3, capacity: Int = 64, usesCache: Bool = true,
    next: [Int] = next, tokenizer: Tokenizer? = nil, penaltyLength: Int = 64
  ) throws -> TextGenerator {
    let model = try SyntheticModel(next: next).model()
    let shape = model.cacheShape(sequences: sequences, capacity: capacity)
    var options = GenerationOptions(maximumTokens: maximumTokens)
    (options.stopStrings, options.usesCache, options.penaltyLength) = (stops, usesCache, penaltyLength)
    return try TextGenerator(
      TransformerDecoder(model, cacheShape: shape), tokenizer ?? Self.tokenizer(), options: options)
  }

  /// What is generated after one prompt, and the pieces as they were shown.
  private func generate(
    after prompt: [Int], _ maximumTokens: Int = 20, stops: [String] = [], usesCache: Bool = true
  ) throws -> (result: GeneratedText, pieces: [String]) {
    var pieces: [String] = []
    let generator = try Self.generator(maximumTokens, stops: stops, usesCache: usesCache)
    let results = try generator.generate(after: [prompt]) { place, text in
      #expect(place == 0)
      pieces.append(text)
    }
    #expect(results.count == 1 && pieces.joined() == results[0].text)
    return (results[0], pieces)
  }

  @Test(arguments: [true, false]) func theEndTokenEndsAText(usesCache: Bool) throws {
    let (result, pieces) = try generate(after: [1], usesCache: usesCache)
    #expect(result == GeneratedText(text: "ello world!", tokens: [2, 3, 4, 5, 6, 0], end: .endToken))
    #expect(pieces == ["el", "lo", " wor", "ld", "!"])
  }

  /// Only the last token of a prompt counts here; the limit is of what comes after it.
  @Test func theLimitEndsAText() throws {
    for limit in 0...5 {
      let (result, _) = try generate(after: [5, 1, 1], limit)
      let text = ["el", "lo", " wor", "ld", "!"].prefix(limit).joined()
      #expect(result == GeneratedText(text: text, tokens: Array(2..<2 + limit), end: .maximumTokens))
    }
    #expect(try generate(after: [1], 6).result.end == .endToken, "the sixth is the end token")
    #expect(try generate(after: [1], -1).result == GeneratedText(text: "", tokens: [], end: .maximumTokens))
  }

  @Test func aStopStringOfSeveralTokensEndsAText() throws {
    let (result, pieces) = try generate(after: [1], stops: ["o wor"])
    #expect(result == GeneratedText(text: "ell", tokens: [2, 3, 4], end: .stopString))
    // What may be the beginning of one is held back.
    #expect(pieces == ["el", "l"])
    #expect(try generate(after: [1], stops: ["zzz", "rl", "lo"]).result.text == "el", "the first in the text")
    #expect(try generate(after: [1], stops: ["ello world!"]).result.tokens == [2, 3, 4, 5, 6])
    #expect(try generate(after: [1], stops: ["Hel", ""]).result.end == .endToken, "the prompt is not looked at")
    #expect(try generate(after: [1], 3, stops: ["wor"]).result.end == .stopString, "and not the limit")
  }

  @Test func textThatOnlyBeganLikeAStopStringIsShown() throws {
    #expect(try generate(after: [1], stops: ["ox"]).pieces == ["el", "l", "o wor", "ld", "!"])
    // At the end token, and at the limit.
    let held = try generate(after: [1], stops: ["ld!?"])
    #expect(held.result == GeneratedText(text: "ello world!", tokens: [2, 3, 4, 5, 6, 0], end: .endToken))
    #expect(held.pieces == ["e", "llo", " wor", "ld!"])
    let cut = try generate(after: [1], 4, stops: ["ld!?"])
    #expect(cut.result == GeneratedText(text: "ello world", tokens: [2, 3, 4, 5], end: .maximumTokens))
    #expect(cut.pieces == ["e", "llo", " wor", "ld"])
  }

  @Test func piecesAreWholeCharacters() throws {
    #expect(try generate(after: [6, 7]).result.text == "\u{FFFD}", "the prompt's byte is not the text's")
    var next = Self.next
    next[1] = 7
    var pieces: [String] = []
    let generator = try Self.generator(next: next)
    #expect(try generator.generate(after: [[1]]) { pieces.append($1) }[0].tokens == [7, 8, 0])
    #expect(pieces == ["é"])
    pieces = []
    let cut = try Self.generator(1, next: next).generate(after: [[1]]) { pieces.append($1) }
    #expect(cut == [GeneratedText(text: "\u{FFFD}", tokens: [7], end: .maximumTokens)])
    #expect(pieces == ["\u{FFFD}"])
    #expect(try Self.generator(stops: ["é"], next: next).generate(after: [[1]])[0].end == .stopString)
  }

  /// The model is sure of token 10, which has no spelling. Of the others, which are equal, the first is the end token.
  @Test func tokensWithoutASpellingAreNeverChosen() throws {
    #expect(try Self.generator().generate(after: [[9]])[0].tokens == [0])
  }

  @Test(arguments: [true, false]) func promptsEndEachInItsTurn(usesCache: Bool) throws {
    var pieces = [String](repeating: "", count: 3)
    let prompts = [[1], [3, 2, 4], [1, 7]]
    let generator = try Self.generator(5, usesCache: usesCache)
    let results = try generator.generate(after: prompts) { pieces[$0] += $1 }
    #expect(
      results == [
        GeneratedText(text: "ello world!", tokens: [2, 3, 4, 5, 6], end: .maximumTokens),
        GeneratedText(text: "ld!", tokens: [5, 6, 0], end: .endToken),
        GeneratedText(text: "\u{FFFD}", tokens: [8, 0], end: .endToken),
      ])
    #expect(pieces == results.map(\.text))
    #expect(generator.times.promptTokens == 6)
    // Each one's first token belongs to its prompt.
    #expect(generator.times.generatedTokens == 4 + 2 + 1 && generator.times.tokenSeconds.count == 4)
    // Nothing is left of the call before.
    #expect(try generator.generate(after: [[5]])[0].tokens == [6, 0])
    #expect(generator.times.promptTokens == 1 && generator.times.generatedTokens == 1)
    #expect(try generator.generate(after: []).isEmpty)
  }

  /// What a ledger has is the prompts', then that of tokens after the first; nothing is left of the call before.
  @Test func figuresBelongToTheirPart() throws {
    for limit in [1, 2, 5] {
      let ledger = Ledger()
      let context = ExecutionContext(pool: try WorkerPool(threadCount: 1), ledger: ledger)
      let model = try SyntheticModel(next: Self.next).model()
      let decoder = try TransformerDecoder(model, cacheShape: model.cacheShape(capacity: 64), context: context)
      let generator = try TextGenerator(
        decoder, Self.tokenizer(), options: GenerationOptions(maximumTokens: limit), context: context)
      _ = try generator.generate(after: [[1, 1]])
      let first = generator.times
      _ = try generator.generate(after: [[1, 1]])
      #expect(generator.times.prompt == first.prompt && generator.times.generation == first.generation)
      #expect(first.prompt["sampling"]?.calls == 1)
      #expect(first.generation["sampling"]?.calls == (limit == 1 ? nil : 1))
      #expect(first.recordedTokens == (limit == 1 ? 0 : 1))
    }
  }

  /// A sequence that fills the cache ends with a reason, and the others go on.
  @Test func theContextIsFilled() throws {
    let endless = try Self.generator(
      1000, sequences: 2, capacity: 64, next: [1, 2, 1] + Self.next.dropFirst(3))
    let prompts = [[Int](repeating: 1, count: 60), [Int](repeating: 1, count: 50)]
    let texts = try endless.generate(after: prompts)
    #expect(texts.map(\.end) == [.contextLimit, .contextLimit])
    #expect(texts.map(\.tokens.count) == [4, 14])
  }

  @Test func whatDoesNotFit() throws {
    let small = try Self.generator(20, sequences: 2, capacity: 64)
    expectInvalid("generation", "prompts", "at most 2") { _ = try small.generate(after: [[1], [1], [1]]) }
    expectInvalid("generation", "prompt 1", "at least one token") { _ = try small.generate(after: [[1], []]) }
    let long = [Int](repeating: 1, count: 64)
    expectInvalid("generation", "prompt 0", "at most 63 tokens") { _ = try small.generate(after: [long]) }
    #expect(try small.generate(after: [Array(long.dropLast())])[0].end == .contextLimit)
    #expect(try small.generate(after: [Array(long.dropLast(20))])[0].end == .endToken)
    expectInvalid("decoder", "tokens", "ids below 11") { _ = try small.generate(after: [[1, 11]]) }
    expectInvalid("generation", "penalty length", "0 to 16777216") { _ = try Self.generator(penaltyLength: -1) }
    expectInvalid("generation", "tokenizer", "at most the model's 11 tokens") {
      _ = try Self.generator(tokenizer: try Self.tokenizer(count: 12))
    }
  }
}

/// Expects an error that names this operation and operand, and what was expected begins like this.
func expectInvalid(
  _ operation: String, _ operand: String, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Void
) {
  let error = #expect(throws: TesseraError.self, sourceLocation: sourceLocation) { try body() }
  guard let error else { return }
  guard case .invalidOperand(operation, operand, let found, _) = error, found.hasPrefix(expected) else {
    Issue.record("not an error of \(operation), \(operand): \(error)", sourceLocation: sourceLocation)
    return
  }
}
