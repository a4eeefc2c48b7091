import Tessera

/// A chat with a model, question by question: what was said is in the decoder's cache, and only what is new is read.
///
/// A question makes the whole chat's tokens anew, which the template is free to write otherwise than before. Of the
/// cache what they have in common with it is kept, so that answers are those of a chat that is read from its start.
public final class Conversation {
  /// What was said; the system's message first, where there is one.
  public private(set) var messages: [ChatMessage]
  private let decoder: TransformerDecoder
  private let tokenizer: Tokenizer
  private let template: ChatTemplate
  private let options: GenerationOptions
  private let context: ExecutionContext?
  private let system: String?
  /// The tokens whose keys and values the cache has.
  private var cached: [Int] = []

  /// The decoder's cache is the conversation's from now on; its first sequence is used, up to as many positions as that
  /// and the model have, or to fewer.
  public init(
    _ decoder: TransformerDecoder, _ tokenizer: Tokenizer, _ template: ChatTemplate, system: String? = nil,
    options: GenerationOptions = GenerationOptions(), positions: Int = .max, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    self.positions = min(positions, decoder.model.configuration.positions(of: decoder.cache.shape))
    (self.decoder, self.tokenizer, self.template) = (decoder, tokenizer, template)
    (self.options, self.context, self.system) = (options, context, system)
    messages = Self.opening(system)
    try decoder.reset()
  }

  /// Tokens that question, answer and all before them may have together.
  public let positions: Int

  /// Forgets all but the system's message. What the next question has in common with the cache is kept.
  public func reset() { messages = Self.opening(system) }

  /// The answer to a question, both of which are part of the chat then; a question of which nothing came before the
  /// caller interrupted is not. The closures are as in `TextGenerator.generate`.
  /// Throws `Full` where no answer has room. After an error the chat is as it was.
  public func answer(
    _ question: String, showing show: (_ text: String) throws -> Void = { _ in },
    reading: (_ tokens: Int, _ count: Int) -> Void = { _, _ in }, isInterrupted: () -> Bool = { false }
  ) throws -> Answer {
    let asked = messages + [ChatMessage(role: "user", content: question)]
    let prompt = try template.encode(asked, with: tokenizer, dropsUnknownBytes: true)
    let room = positions - prompt.count
    guard room > 0 else { throw Full(tokens: prompt.count, positions: positions) }
    var options = options
    options.maximumTokens = min(options.maximumTokens, room)
    // At least one token is read, for the logits behind it.
    var kept = zip(cached, prompt.dropLast()).prefix { $0 == $1 }.count
    // A cache that rolls may not have any more what the chat goes back to.
    if (try? decoder.reset(to: kept)) == nil {
      kept = 0
      try decoder.reset()
    }
    // Whatever happens, so much is there.
    cached = Array(prompt.prefix(kept))
    let generator = try TextGenerator(decoder, tokenizer, options: options, context: context)
    let result = try generator.generate(
      after: [prompt], keeping: kept, showing: { _, text in try show(text) },
      reading: { _, count in reading(count, prompt.count) }, isInterrupted: isInterrupted)[0]
    cached = Array((prompt + result.tokens).prefix(decoder.cache.lengths[0]))
    if !(result.end == .interrupted && result.tokens.isEmpty) {
      messages = asked + [ChatMessage(role: "assistant", content: result.text)]
    }
    return Answer(
      generated: result, promptTokens: prompt.count, keptTokens: kept,
      isCutByContext: result.end == .maximumTokens && options.maximumTokens < self.options.maximumTokens)
  }

  private static func opening(_ system: String?) -> [ChatMessage] {
    system.map { [ChatMessage(role: "system", content: $0)] } ?? []
  }
}

extension Conversation {
  /// What came for a question.
  public struct Answer: Hashable, Sendable {
    public var generated: GeneratedText
    /// All of the chat up to the answer.
    public var promptTokens: Int
    /// How many of them the cache had.
    public var keptTokens: Int
    /// Whether it ended because there was no position left.
    public var isCutByContext: Bool
  }

  /// The chat has no room for an answer.
  public struct Full: Error, Hashable, CustomStringConvertible {
    public var tokens: Int
    public var positions: Int
    public var description: String {
      "conversation: expected fewer than \(positions) tokens, so that an answer has room, got \(tokens)"
    }
  }
}
