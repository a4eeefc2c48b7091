import Testing
import TesseraModels

/// Ids are llama.cpp's for every pre-tokenizer, with merges that cross words wherever the cuts let them.
@Suite struct WordCutTests {
  @Test(arguments: PreTokenizer.allCases) func idsAreLlamaCpps(_ preTokenizer: PreTokenizer) throws {
    let (texts, words) = (LlamaFixture.texts, LlamaFixture.words)
    let expected = try #require(words.results[preTokenizer.rawValue])
    let tokenizer = try Self.tokenizer(preTokenizer.rawValue)
    #expect(expected.count == texts.texts.count && expected.count >= 1000)
    for (index, text) in texts.texts.enumerated() {
      let ids = try tokenizer.encode(text, texts.options(index))
      if index < expected.ids.count { #expect(ids == expected.ids[index]) }
      guard LlamaFixture.hash(ids: ids) != expected.hash(index) else { continue }
      let pieces = try ids.map { String(decoding: try tokenizer.bytes(of: $0), as: UTF8.self) }
      Issue.record("text \(index): \(text.debugDescription) became \(pieces)")
    }
  }

  /// The first texts' ids are those of another name, and so is whether a prompt has a begin token.
  @Test(arguments: [
    ("llama3", "llama-bpe"), ("llama-v3", "llama-bpe"), ("falcon3", "llama-bpe"), ("pixtral", "llama-bpe"),
    ("phi-2", "gpt-2"), ("mpt", "gpt-2"), ("olmo", "gpt-2"), ("starcoder", "smollm"), ("command-r", "smollm"),
    ("deepseek-r1-qwen", "qwen2"), ("stablelm2", "qwen2"), ("llama4", "gpt-4o"), ("dbrx", "smaug-bpe"),
    ("glm4", "smaug-bpe"), ("hunyuan-dense", "deepseek-v3"),
  ])
  func aliases(_ alias: String, _ name: String) throws {
    let (tokenizer, named) = (try Self.tokenizer(alias), try Self.tokenizer(name))
    #expect(tokenizer.preTokenizer == PreTokenizer(rawValue: name))
    for (index, text) in LlamaFixture.texts.texts.prefix(100).enumerated() {
      let options = LlamaFixture.texts.options(index)
      #expect(try tokenizer.encode(text, options) == named.encode(text, options))
    }
  }

  /// What a file means that has no `tokenizer.ggml.pre`.
  @Test func noName() throws {
    #expect(TokenizerVocabulary(pieces: [], scores: nil).preTokenizer == "default")
  }

  static func tokenizer(_ preTokenizer: String) throws -> Tokenizer {
    let words = LlamaFixture.words
    return try Tokenizer(
      TokenizerVocabulary(
        tokens: words.tokens, merges: words.merges, kinds: words.kinds, preTokenizer: preTokenizer,
        addsBeginToken: false))
  }
}
