import Tessera

/// One turn of a chat.
public struct ChatMessage: Hashable, Sendable {
  /// system, user, assistant, or whatever else the model knows.
  public var role: String
  public var content: String

  public init(role: String, content: String) { (self.role, self.content) = (role, content) }
}

/// How a model wants a chat written: ChatML.
///
/// A turn is `<|im_start|>role`, a line break, the content, `<|im_end|>` and a line break.
public struct ChatTemplate: Hashable, Sendable {
  /// Said first where a chat does not start with a turn of the system's; nil: nothing is.
  public let defaultSystemMessage: String?
  private static let start = "<|im_start|>"
  /// Ends a turn.
  static let end = "<|im_end|>"
  static let expected =
    "ChatML (\(start), \(end)); a model with another one takes a raw prompt, without a chat"

  /// A template from its text, which is recognised and not run. Throws where it is not ChatML.
  ///
  /// The default message is a literal of the text, from the start of a turn of the system's to its end; one that is put
  /// together from expressions is taken as none.
  public init(recognizing template: String) throws(TesseraError) {
    guard Self.isChatML(template) else {
      throw TokenizerError.invalid(
        "chat template", expected: Self.expected, actual: TokenizerError.quoted(template))
    }
    self.init(ofChatML: template)
  }

  init(ofChatML template: String) { defaultSystemMessage = Self.defaultSystemMessage(of: template) }

  static func isChatML(_ template: String) -> Bool { template.contains(start) && template.contains(end) }

  /// The tokens of a chat. Contents are text: a control token that is spelled in one is not taken as such.
  ///
  /// - Parameters:
  ///   - opensReply: Whether the start of the assistant's turn follows.
  ///   - dropsUnknownBytes: Whether bytes without a token are left out, or an error.
  public func encode(
    _ messages: [ChatMessage], with tokenizer: Tokenizer, opensReply: Bool = true, dropsUnknownBytes: Bool = false
  ) throws(TesseraError) -> [Int] {
    let options = EncodingOptions(dropsUnknownBytes: dropsUnknownBytes)
    let (start, end) = (try Self.token(Self.start, of: tokenizer), try Self.token(Self.end, of: tokenizer))
    let lineBreak = try tokenizer.encode("\n")
    var ids: [Int] = []
    if tokenizer.addsBeginToken, let begin = tokenizer.beginToken { ids.append(begin) }
    for message in turns(messages) {
      let turn = try tokenizer.encode("\(message.role)\n\(message.content)", options)
      ids += [start] + turn + [end] + lineBreak
    }
    if opensReply { ids += [start] + (try tokenizer.encode("assistant\n")) }
    return ids
  }

  /// The chat as one text.
  public func text(_ messages: [ChatMessage], opensReply: Bool = true) -> String {
    turns(messages).map { "\(Self.start)\($0.role)\n\($0.content)\(Self.end)\n" }.joined()
      + (opensReply ? "\(Self.start)assistant\n" : "")
  }

  private func turns(_ messages: [ChatMessage]) -> [ChatMessage] {
    guard let first = messages.first, first.role != "system", let defaultSystemMessage else { return messages }
    return [ChatMessage(role: "system", content: defaultSystemMessage)] + messages
  }

  private static func token(_ spelling: String, of tokenizer: Tokenizer) throws(TesseraError) -> Int {
    guard let id = tokenizer.token(spelled: spelling) else {
      throw TokenizerError.invalid("chat", expected: "a vocabulary with \(spelling)", actual: "none")
    }
    return id
  }

  private static func defaultSystemMessage(of template: String) -> String? {
    for opening in template.ranges(of: start + "system") {
      var rest = template[opening.upperBound...]
      // A template has line breaks as they are, or escaped inside its literals.
      guard let lineBreak = ["\n", "\\n"].first(where: rest.hasPrefix) else { continue }
      rest.removeFirst(lineBreak.count)
      guard let closing = rest.firstRange(of: end) else { return nil }
      let message = rest[..<closing.lowerBound]
      if !message.contains(where: { "'\"{}".contains($0) }) {
        return String(message).replacing("\\n", with: "\n")
      }
    }
    return nil
  }
}
