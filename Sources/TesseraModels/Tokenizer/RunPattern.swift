/// Words of one group's characters.
struct RunPattern: WordPattern {
  let text: ScannedText
  let part: Range<Int>
  let group: CharacterGroup
  /// How many characters a word has.
  let length: ClosedRange<Int>
  /// Whether a white space before it belongs to the word.
  let takesSpace: Bool

  init(
    _ text: ScannedText, _ part: Range<Int>, _ group: CharacterGroup, length: ClosedRange<Int> = 1...Int.max,
    takesSpace: Bool = false
  ) {
    (self.text, self.part, self.group, self.length, self.takesSpace) = (text, part, group, length, takesSpace)
  }

  func wordEnd(_ place: Int) -> Int? {
    let start = takesSpace && kind(place) == .space ? place + 1 : place
    var end = start
    while end < part.upperBound, end - start < length.upperBound,
      group.contains(text.scalars[end], text.classes[end])
    { end += 1 }
    return end - start >= length.lowerBound ? end : nil
  }
}

/// White space at the end of a part: `\s+$`.
struct TrailingSpacePattern: WordPattern {
  let text: ScannedText
  let part: Range<Int>
  private let start: Int

  init(_ text: ScannedText, _ part: Range<Int>) {
    (self.text, self.part) = (text, part)
    start = part.last { text.classes[$0] != .space }.map { $0 + 1 } ?? part.lowerBound
  }

  func wordEnd(_ place: Int) -> Int? { place >= start ? part.upperBound : nil }
}
