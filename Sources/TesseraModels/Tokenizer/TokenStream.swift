import Tessera

/// Text from tokens as they come: only whole characters, the rest held back until they are.
///
/// The pieces, joined, are the text that `String(decoding:as:)` makes of all bytes: what is not UTF-8 becomes U+FFFD.
/// The tokens follow others, as a model's follow its prompt, so that a blank of the first one is kept.
public struct TokenStream: Sendable {
  private let tokenizer: Tokenizer
  private let showsControlTokens: Bool
  private var pending: [UInt8] = []

  public init(_ tokenizer: Tokenizer, showsControlTokens: Bool = false) {
    (self.tokenizer, self.showsControlTokens) = (tokenizer, showsControlTokens)
  }

  /// The text that a token completes; empty while a character lacks bytes. Throws where there is no such token.
  public mutating func append(_ id: Int) throws(TesseraError) -> String {
    pending += try tokenizer.piece(id, showsControlTokens: showsControlTokens)
    let complete = pending.count - UTF8Sequence.incompleteSuffix(of: pending)
    defer { pending.removeFirst(complete) }
    return String(decoding: pending[..<complete], as: UTF8.self)
  }

  /// What is left when no token comes any more: U+FFFD for a character that was cut off, else nothing.
  public mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }
}
