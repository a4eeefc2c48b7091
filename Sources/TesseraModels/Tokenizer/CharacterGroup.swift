/// Characters that make a word together in `RunPattern`.
enum CharacterGroup: Sendable {
  case lineBreaks
  case digits
  case kind(CharacterClass)
  /// Punctuation and ASCII's symbols but for the grave accent: `[\p{P}$+<=>^~|]`.
  case punctuationAndSymbols
  /// Lists of ranges; white space is in none.
  case ranges([ClosedRange<UInt32>])

  func contains(_ scalar: UInt32, _ kind: CharacterClass) -> Bool {
    switch self {
    case .lineBreaks: scalar == 0x0A || scalar == 0x0D
    case .digits: (0x30...0x39).contains(scalar)
    case .kind(let wanted): kind == wanted
    case .punctuationAndSymbols:
      kind == .punctuation || kind == .symbol && scalar < 0x80 && scalar != 0x60
    case .ranges(let ranges): kind != .space && Self.contains(scalar, ranges)
    }
  }

  /// Ranges are in order.
  private static func contains(_ scalar: UInt32, _ ranges: [ClosedRange<UInt32>]) -> Bool {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(scalar)
  }
}
