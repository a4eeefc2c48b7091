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
  /// Unicode's general category P.
  case punctuation
  /// Unicode's general category S.
  case symbol
  /// Unicode's general category M.
  case mark
  case other

  /// Whether it is neither letter, number nor white space: `[^\s\p{L}\p{N}]`.
  var isSign: Bool { rawValue >= CharacterClass.punctuation.rawValue }

  init(_ scalar: Unicode.Scalar) {
    if scalar.isASCII {
      switch scalar.value {
      case 0x41...0x5A, 0x61...0x7A: self = .letter
      case 0x30...0x39: self = .number
      case 0x09...0x0D, 0x20: self = .space
      case 0...0x1F, 0x7F: self = .other
      // $ + < = > ^ ` | ~
      case 0x24, 0x2B, 0x3C...0x3E, 0x5E, 0x60, 0x7C, 0x7E: self = .symbol
      default: self = .punctuation
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
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      self = .punctuation
    case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: self = .symbol
    case .nonspacingMark, .spacingMark, .enclosingMark: self = .mark
    default: self = .other
    }
  }
}
