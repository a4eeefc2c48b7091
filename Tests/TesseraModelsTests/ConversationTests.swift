import Tessera
import TesseraModels
import Testing

/// A chat through the cache is the chat that is read from its start.
@Suite struct ConversationTests {
  private static let spellings =
    ["<|im_end|>", "<|im_start|>"]
    + "ĠĊabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?".map(String.init)
  private static let chatML =
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' "
    + "+ '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

  private let tokenizer: Tokenizer
  private let template: ChatTemplate
  private let model: DecoderModel

  init() throws {
    tokenizer = try Tokenizer(
      TokenizerVocabulary(
        tokens: Self.spellings, merges: [], kinds: [3, 3] + Array(repeating: 1, count: Self.spellings.count - 2),
        preTokenizer: "gpt-2", endToken: 0))
    template = try ChatTemplate(Self.chatML)
    var synthetic = SyntheticModel()
    (synthetic.vocabulary, synthetic.contextLength) = (Self.spellings.count, 512)
    model = try synthetic.model()
  }

  private func conversation(_ system: String? = "be good", tokens: Int = 12) throws -> Conversation {
    try Conversation(
      TransformerDecoder(model, cacheShape: model.cacheShape(capacity: 512)), tokenizer, template, system: system,
      options: GenerationOptions(maximumTokens: tokens))
  }

  /// What a generator makes of all that was said so far, without a cache of before.
  private func fromScratch(_ messages: [ChatMessage], tokens: Int = 12) throws -> GeneratedText {
    let prompt = try template.encode(messages, with: tokenizer)
    let decoder = try TransformerDecoder(model, cacheShape: model.cacheShape(capacity: 512))
    return try TextGenerator(decoder, tokenizer, options: GenerationOptions(maximumTokens: tokens))
      .generate(after: [prompt])[0]
  }

  /// What is asked for no answer leaves the cache as the chat has it.
  @Test func anAnswerOfNoTokensIsEmpty() throws {
    let conversation = try conversation(tokens: 0)
    for question in ["Who are you?", "no. yes!", "no. yes!"] {
      let answer = try conversation.answer(question)
      #expect(answer.generated.tokens.isEmpty && answer.generated.end == .maximumTokens && answer.keptTokens == 0)
    }
  }

  /// A cache that rolls: answers are those that it gives when the chat is read from its start.
  @Test func aCacheThatRollsIsReadAnew() throws {
    var shape = model.cacheShape(capacity: 512)
    shape = KeyValueCacheShape(
      layers: shape.layers, sequences: 1, keyValueHeads: shape.keyValueHeads, headDimension: shape.headDimension,
      valueDimension: shape.valueDimension, window: 16, longestStep: 8)
    func conversation() throws -> Conversation {
      try Conversation(
        TransformerDecoder(model, cacheShape: shape), tokenizer, template,
        options: GenerationOptions(maximumTokens: 40))
    }
    let long = try conversation()
    for question in ["Who are you?", "Why, is it so", "no. yes!"] {
      let answer = try long.answer(question)
      #expect(!answer.generated.tokens.isEmpty)
    }
    // Another chat has little in common with what the cache has left.
    long.reset()
    let (again, alone) = (try long.answer("no. yes!"), try conversation().answer("no. yes!"))
    #expect(again.generated.tokens.first == alone.generated.tokens.first)
  }

  @Test func tokensOfLaterTurnsAreThoseFromScratch() throws {
    let conversation = try conversation()
    var (read, all) = (0, 0)
    for (turn, question) in ["Who are you?", "Why, is it so", "no. yes!", "Who are you?"].enumerated() {
      let before = conversation.messages + [ChatMessage(role: "user", content: question)]
      var shown = ""
      let answer = try conversation.answer(question) { shown += $0 }
      #expect(answer.generated == (try fromScratch(before)), "turn \(turn)")
      #expect(shown == answer.generated.text)
      #expect(conversation.messages == before + [ChatMessage(role: "assistant", content: shown)])
      #expect(answer.promptTokens == (try template.encode(before, with: tokenizer).count))
      if turn > 0 {
        // All of the turns before, but for an answer's last tokens, which its text may spell otherwise.
        #expect(answer.keptTokens >= all - 12 && answer.keptTokens < answer.promptTokens)
      } else {
        #expect(answer.keptTokens == 0)
      }
      read += answer.promptTokens - answer.keptTokens
      all = answer.promptTokens + answer.generated.tokens.count
    }
    #expect(read < all)
  }

  /// What the chats have in common, the system's message and the start of a turn, stays in the cache.
  @Test func resetForgetsAllButTheSystem() throws {
    let conversation = try conversation()
    let first = try conversation.answer("Who are you?")
    _ = try conversation.answer("And who am I?")
    conversation.reset()
    #expect(conversation.messages == [ChatMessage(role: "system", content: "be good")])
    let again = try conversation.answer("Who are you?")
    #expect(again.generated == first.generated)
    #expect(again.keptTokens == again.promptTokens - 1, "one token is read for its logits")
    conversation.reset()
    let other = try conversation.answer("What?")
    let system = try template.encode(
      [ChatMessage(role: "system", content: "be good")], with: tokenizer, opensReply: false)
    #expect((system.count..<other.promptTokens).contains(other.keptTokens))
    #expect(other.generated == (try fromScratch(Array(conversation.messages.dropLast()))))
  }

  /// An answer that is interrupted is part of the chat as far as it came; a question before which it was is not.
  @Test func interruptedAnswersStay() throws {
    let conversation = try conversation(tokens: 20)
    var pieces = 0
    let cut = try conversation.answer("Who are you?", showing: { _ in pieces += 1 }, isInterrupted: { pieces >= 3 })
    #expect(cut.generated.end == .interrupted && pieces >= 3 && !cut.generated.text.isEmpty)
    #expect(conversation.messages.last == ChatMessage(role: "assistant", content: cut.generated.text))
    let before = conversation.messages
    let none = try conversation.answer("Never read", isInterrupted: { true })
    #expect(none.generated == GeneratedText(text: "", tokens: [], end: .interrupted))
    #expect(conversation.messages == before)
    let next = try conversation.answer("Why?")
    #expect(next.generated == (try fromScratch(before + [ChatMessage(role: "user", content: "Why?")], tokens: 20)))
  }

  @Test func aFullContextIsAnError() throws {
    // After a line break comes a, and after every letter the next: no end.
    let next = Self.spellings.indices.map { 4 + ($0 + 23) % 26 }
    let model = try SyntheticModel(next: next).model()
    let conversation = try Conversation(
      TransformerDecoder(model, cacheShape: model.cacheShape(capacity: 64)), tokenizer, template,
      options: GenerationOptions(maximumTokens: 100), positions: 60)
    let answer = try conversation.answer("Hi")
    #expect(answer.isCutByContext && answer.promptTokens + answer.generated.tokens.count == 60)
    let letters = String(repeating: "abcdefghijklmnopqrstuvwxyz", count: 3)
    #expect(answer.generated.text == String(letters.prefix(60 - answer.promptTokens)))
    let said = conversation.messages
    let full = #expect(throws: Conversation.Full.self) { try conversation.answer("And?") }
    #expect(full.map { $0.positions == 60 && $0.tokens >= 60 } == true)
    #expect(conversation.messages == said)
    conversation.reset()
    #expect(try conversation.answer("Hi").generated == answer.generated)
  }

  /// An error of whoever shows the text leaves a chat that goes on.
  @Test func errorsLeaveTheChatAsItWas() throws {
    struct Closed: Error {}
    let conversation = try conversation()
    _ = try conversation.answer("Who are you?")
    let before = conversation.messages
    #expect(throws: Closed.self) { try conversation.answer("Lost", showing: { _ in throw Closed() }) }
    #expect(conversation.messages == before)
    let next = try conversation.answer("Why?")
    #expect(next.generated == (try fromScratch(before + [ChatMessage(role: "user", content: "Why?")])))
  }
}
