/// What the patterns of pre-tokenizers tell characters apart by.
///
/// Characters that a later version of Unicode assigned than that of llama.cpp's tables are `other` there and may be
/// letters here; all that both versions know are alike.
enum CharacterClass: UInt8 {
  /// Unicode's general category L.
  case letter
  /// Unicode's general category N.
  case number
  /// Unicode's property White_Space.
  case space
  case other

  init(_ scalar: Unicode.Scalar) {
    if scalar.isASCII {
      switch scalar.value {
      case 0x41...0x5A, 0x61...0x7A: self = .letter
      case 0x30...0x39: self = .number
      case 0x09...0x0D, 0x20: self = .space
      default: self = .other
      }
      return
    }
    if scalar.properties.isWhitespace {
      self = .space
      return
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
    case .decimalNumber, .letterNumber, .otherNumber: self = .number
    default: self = .other
    }
  }
}
