/// What a vocabulary says about an entry, by GGUF's numbers (`tokenizer.ggml.token_type`).
public enum TokenKind: Int, Sendable {
  case normal = 1
  case unknown = 2
  /// Structure, not text: begin and end, turns of a chat.
  case control = 3
  /// Added text, spelled as it reads; found in a text before it is split.
  case userDefined = 4
  case unused = 5
  /// One byte, spelled `<0xNN>`; stands for a byte that no other entry spells.
  case byte = 6

  /// Whether it stands for no text of a user's: only met where control tokens are asked for.
  var isControl: Bool { self == .control || self == .unknown }
}
