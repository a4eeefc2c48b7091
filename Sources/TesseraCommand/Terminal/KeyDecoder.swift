/// Keys from the bytes that a terminal sends, one by one: UTF-8, control characters and the sequences after an escape.
///
/// What is neither is passed over, a byte that belongs to no character too.
package struct KeyDecoder {
  private enum State {
    case text
    case character([UInt8])
    case escape
    /// Of `ESC [` or `ESC O`, the parameters so far.
    case sequence([UInt8])
  }
  private var state = State.text

  package init() {}

  /// The key that this byte completes; nil while one lacks bytes, or for what means nothing.
  package mutating func decode(_ byte: UInt8) -> Key? {
    switch state {
    case .escape:
      state = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") ? .sequence([]) : .text
      if case .sequence = state { return nil }
      return text(byte)
    case .sequence(let parameters):
      guard !(0x40...0x7E).contains(byte) else {
        state = .text
        return Self.key(parameters, final: byte)
      }
      // More than any sequence has: it is none.
      state = parameters.count < 16 ? .sequence(parameters + [byte]) : .text
      return nil
    case .character(let bytes):
      guard byte & 0xC0 == 0x80 else {
        state = .text
        return text(byte)
      }
      let bytes = bytes + [byte]
      guard bytes.count == Self.length(bytes[0]) else {
        state = .character(bytes)
        return nil
      }
      state = .text
      return String(validating: bytes, as: UTF8.self).map { .scalar($0.unicodeScalars.first!) }
    case .text: return text(byte)
    }
  }

  private mutating func text(_ byte: UInt8) -> Key? {
    switch byte {
    case 0x1B:
      state = .escape
      return nil
    case 0x20..<0x7F: return .scalar(Unicode.Scalar(byte))
    case 0x80...:
      if Self.length(byte) > 1 { state = .character([byte]) }
      return nil
    default: return Self.controls[byte]
    }
  }

  /// Of a character that begins with this byte; 1 where none does.
  private static func length(_ first: UInt8) -> Int {
    switch first {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 1
    }
  }

  /// By what Ctrl and a letter send; backspace is Ctrl-H or 127.
  private static let controls: [UInt8: Key] = [
    1: .home, 2: .left, 3: .interrupt, 4: .endOfInput, 5: .end, 6: .right, 8: .backspace, 9: .scalar(" "), 10: .enter,
    11: .deleteToEnd, 12: .clearScreen, 13: .enter, 14: .down, 16: .up, 21: .deleteToStart, 23: .deleteWord,
    127: .backspace,
  ]

  private static func key(_ parameters: [UInt8], final: UInt8) -> Key? {
    switch Unicode.Scalar(final) {
    case "A": return .up
    case "B": return .down
    case "C": return .right
    case "D": return .left
    case "H": return .home
    case "F": return .end
    case "~":
      switch String(decoding: parameters.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self) {
      case "1", "7": return .home
      case "4", "8": return .end
      case "3": return .delete
      case "200": return .pasteBegins
      case "201": return .pasteEnds
      default: return nil
      }
    default: return nil
    }
  }
}
