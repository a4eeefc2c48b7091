import Tessera

/// Errors of the tokenizer, all of one operation.
enum TokenizerError {
  static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: "tokenizer", operand: operand, expected: expected, actual: actual)
  }

  /// A byte of a text that has no token, and where it lies; nil: somewhere.
  static func unknown(_ byte: UInt8, at position: Int?) -> TesseraError {
    invalid(
      position.map { "text, byte \($0)" } ?? "text", expected: "bytes that the vocabulary has tokens for",
      actual: "0x\(String(byte, radix: 16))")
  }

  /// Text of a file's in quotes, cut to what a message can carry, without characters that steer a terminal.
  static func quoted(_ text: some StringProtocol, limit: Int = 60) -> String {
    let shown = text.unicodeScalars.prefix(limit)
    let cut = shown.endIndex < text.unicodeScalars.endIndex
    let spelled = shown.map { scalar in
      scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return "\"\(spelled.joined())\(cut ? "…" : "")\""
  }
}
