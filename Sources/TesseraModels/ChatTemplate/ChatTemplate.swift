import Tessera

/// How a model wants a chat written: the Jinja template that its file has, which is run.
///
/// What is known of Jinja, what a template is given and what bounds it has: `docs/chat-templates.md`.
public struct ChatTemplate: Sendable {
  /// The template's text.
  public let text: String
  private let statements: [TemplateStatement]

  /// A template from its text. Throws where it is not Jinja, or has blocks that are not known; filters, functions and
  /// tests that are not known are errors when a rendering comes to them.
  public init(_ text: String) throws(TesseraError) {
    do { try self.init(reading: text) } catch { throw Self.error(error) }
  }

  init(reading text: String) throws(TemplateFault) {
    self.text = text
    statements = try TemplateParser.statements(of: text)
  }

  /// The tokens of a chat. Contents and roles are text: a control token that is spelled in one is not taken as such.
  ///
  /// The begin token comes first where the vocabulary wants it, once. Throws where the template refuses the chat, or
  /// does what is not known or beyond its bounds.
  /// - Parameters:
  ///   - opensReply: Whether the start of the assistant's turn follows.
  ///   - dropsUnknownBytes: Whether bytes without a token are left out, or an error.
  public func encode(
    _ messages: [ChatMessage], with tokenizer: Tokenizer, opensReply: Bool = true, dropsUnknownBytes: Bool = false
  ) throws(TesseraError) -> [Int] {
    let begin = try Self.spelling(tokenizer.beginToken, of: tokenizer)
    let end = try Self.spelling(tokenizer.endToken, of: tokenizer)
    var rendered = try render(messages, beginToken: begin, endToken: end, opensReply: opensReply)
    // The begin token that the options ask for is the template's own, where it starts with one.
    let beginUnits = TemplateText(begin).units
    if tokenizer.addsBeginToken, !beginUnits.isEmpty, rendered.units.starts(with: beginUnits) {
      rendered.units.removeFirst(beginUnits.count)
    }
    let (bytes, contents) = rendered.encoded
    let options = EncodingOptions(
      parsesControlTokens: true, marksBegin: true, dropsUnknownBytes: dropsUnknownBytes)
    return try tokenizer.encode(bytes: bytes, options, contents: contents)
  }

  /// The chat as one text. Throws as `encode` does.
  ///
  /// - Parameters:
  ///   - beginToken: What `bos_token` is.
  ///   - endToken: What `eos_token` is.
  ///   - opensReply: Whether the start of the assistant's turn follows.
  public func text(
    _ messages: [ChatMessage], beginToken: String = "", endToken: String = "", opensReply: Bool = true
  ) throws(TesseraError) -> String {
    try render(messages, beginToken: beginToken, endToken: endToken, opensReply: opensReply).string
  }

  /// The chat as one text at a time that `clock` gives: what `strftime_now` makes of a format.
  package func text(
    _ messages: [ChatMessage], beginToken: String, endToken: String, opensReply: Bool,
    clock: @escaping (String) -> String?
  ) throws(TesseraError) -> String {
    try render(messages, beginToken: beginToken, endToken: endToken, opensReply: opensReply, clock: clock).string
  }

  private func render(
    _ messages: [ChatMessage], beginToken: String, endToken: String, opensReply: Bool,
    clock: @escaping (String) -> String? = TemplateClock.now
  ) throws(TesseraError) -> TemplateText {
    do {
      var turns: [TemplateValue] = []
      for message in messages {
        let entries: [TemplateMapping.Entry] = [
          (.text("role"), .text(TemplateText(message.role, isContent: true))),
          (.text("content"), .text(TemplateText(message.content, isContent: true))),
        ]
        turns.append(.mapping(try TemplateMapping(entries)))
      }
      let count = messages.reduce(0) { $0 + $1.role.unicodeScalars.count + $1.content.unicodeScalars.count }
      let renderer = TemplateRenderer(budget: TemplateBudget(contentCount: count), clock: clock)
      return try renderer.render(
        statements,
        [
          "messages": .list(try TemplateList(turns)), "add_generation_prompt": .boolean(opensReply),
          "bos_token": .text(beginToken), "eos_token": .text(endToken),
        ])
    } catch { throw Self.error(error) }
  }

  private static func error(_ fault: TemplateFault) -> TesseraError {
    TokenizerError.invalid("chat template", expected: fault.expected, actual: fault.found)
  }

  private static func spelling(_ token: Int?, of tokenizer: Tokenizer) throws(TesseraError) -> String {
    guard let token else { return "" }
    return String(decoding: try tokenizer.bytes(of: token), as: UTF8.self)
  }
}

extension ChatTemplate: Hashable {
  public static func == (a: ChatTemplate, b: ChatTemplate) -> Bool { a.text == b.text }

  public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
