import Tessera
import TesseraModels
import Testing

/// Tokens that a small model of random weights chooses: the same on every way to them, as long as its two greatest
/// logits differ by more than rounding.
@Suite struct GeneratedTokensTests {
  private static let prompts = [3, 20, 9].enumerated().map { TransformerDecoderTests.tokens($1, seed: UInt64($0 + 1)) }
  private static let count = 40

  private func generate(
    _ prompts: [[Int]], _ sampling: SamplingOptions = SamplingOptions(temperature: 0), usesCache: Bool = true,
    type: ElementType = .float32, chunkLength: Int = 512
  ) throws -> [[Int]] {
    let decoder = try TransformerDecoderTests.decoder(sequences: 3, type: type, chunkLength: chunkLength)
    let spellings = (0..<TransformerDecoderTests.vocabulary).map { "<\($0)>" }
    let tokenizer = try Tokenizer(TokenizerVocabulary(tokens: spellings, merges: [], preTokenizer: "gpt-2"))
    var options = GenerationOptions(maximumTokens: Self.count, sampling: sampling)
    options.usesCache = usesCache
    let results = try TextGenerator(decoder, tokenizer, options: options).generate(after: prompts)
    for result in results {
      #expect(result.text == result.tokens.map { "<\($0)>" }.joined() && result.tokens.count == Self.count)
    }
    return results.map(\.tokens)
  }

  /// How many greedy tokens after each prompt come before two logits are nearer than this part of the greatest.
  private func certain(_ tokens: [[Int]], gap: Float) throws -> [Int] {
    try zip(Self.prompts, tokens).map { prompt, tokens in
      let logits = try TransformerDecoderTests.logits(TransformerDecoderTests.decoder(), prompt + tokens)
      let width = TransformerDecoderTests.vocabulary
      let place = tokens.indices.first { place in
        let row = logits[(prompt.count + place - 1) * width..<(prompt.count + place) * width].sorted()
        return row[width - 1] - row[width - 2] < gap * max(row[width - 1].magnitude, row[0].magnitude)
      }
      return place ?? tokens.count
    }
  }

  @Test func greedyTokensHaveTheGreatestLogits() throws {
    let tokens = try generate(Self.prompts)
    for (prompt, tokens) in zip(Self.prompts, tokens) {
      let logits = try TransformerDecoderTests.logits(TransformerDecoderTests.decoder(), prompt + tokens)
      let width = TransformerDecoderTests.vocabulary
      for (place, token) in tokens.enumerated() {
        let row = logits[(prompt.count + place - 1) * width..<(prompt.count + place) * width]
        let greatest = row.max()!
        #expect(row[row.startIndex + token] >= greatest - 1e-4 * greatest.magnitude, "token \(place)")
      }
      // It does not say the same again and again, which would hide a fault.
      #expect(Set(tokens).count > 8, "\(tokens)")
    }
  }

  /// What a prompt is given beside it is no matter to it.
  @Test func promptsTogetherAreAsAlone() throws {
    let together = try generate(Self.prompts)
    for (prompt, tokens) in zip(Self.prompts, together) { #expect(try generate([prompt]) == [tokens]) }
    // A draw follows from a prompt's place, too.
    let warm = SamplingOptions(temperature: 1, topK: 20, repetitionPenalty: 1.1, seed: 4)
    let drawn = try generate(Self.prompts, warm)
    for place in 0..<3 {
      var others = [Self.prompts[(place + 1) % 3], [1], [2, 3]]
      others[place] = Self.prompts[place]
      #expect(try generate(others, warm)[place] == drawn[place])
    }
    #expect(drawn != together)
    #expect(try generate(Self.prompts, warm) == drawn)
    #expect(try generate([Self.prompts[0], Self.prompts[0]], warm).first != generate([[1], Self.prompts[0]], warm)[1])
  }

  @Test func neitherCacheNorChunksChangeTokens() throws {
    let tokens = try generate(Self.prompts)
    let certain = try certain(tokens, gap: 1e-4)
    #expect(certain.allSatisfy { $0 > 20 }, "\(certain)")
    let (fresh, chunked) = (try generate(Self.prompts, usesCache: false), try generate(Self.prompts, chunkLength: 4))
    for place in 0..<3 {
      #expect(fresh[place].prefix(certain[place]) == tokens[place].prefix(certain[place]))
      #expect(chunked[place].prefix(certain[place]) == tokens[place].prefix(certain[place]))
    }
    // With draws and penalties, too: they follow from the tokens before, not from what is kept of them.
    let warm = SamplingOptions(temperature: 0.8, repetitionPenalty: 1.3, seed: 4)
    #expect(try generate(Self.prompts, warm, usesCache: false) == generate(Self.prompts, warm))
  }

  @Test func aRoundedCacheChoosesTheSameWhereItIsSure() throws {
    let tokens = try generate(Self.prompts)
    let rounded = try generate(Self.prompts, type: .bfloat16)
    // Two logits may move towards each other by 0.017 each (`TransformerDecoderTests`).
    let certain = try certain(tokens, gap: 0.04)
    #expect(certain.contains { $0 > 3 }, "\(certain)")
    for place in 0..<3 { #expect(rounded[place].prefix(certain[place]) == tokens[place].prefix(certain[place])) }
  }
}
