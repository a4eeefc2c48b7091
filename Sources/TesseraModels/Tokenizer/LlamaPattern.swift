/// The words of `PreTokenizer.llama`, `.smaug`, `.qwen2` and `.qwen35`.
struct LlamaPattern: WordPattern {
  let text: ScannedText
  let part: Range<Int>
  let longestNumber: Int
  /// Whether combining marks are letters.
  let joinsMarks: Bool

  init(_ text: ScannedText, _ part: Range<Int>, longestNumber: Int, joinsMarks: Bool = false) {
    (self.text, self.part, self.longestNumber, self.joinsMarks) = (text, part, longestNumber, joinsMarks)
  }

  func wordEnd(_ place: Int) -> Int? {
    if let end = endingEnd(place, ignoringCase: true) { return end }
    let first = kind(place)!
    // Letters, after any one character that is neither number nor line break.
    if isLetter(first) || first != .number && !isLineBreak(place) && kind(place + 1).map(isLetter) == true {
      return end(from: place + 1, of: isLetter)
    }
    if first == .number { return min(end(of: .number, from: place), place + longestNumber) }
    // Other characters, after one blank, with the line breaks that follow.
    let start = isBlank(place) ? place + 1 : place
    if kind(start).map(isSign) == true { return lineBreaksEnd(end(from: start, of: isSign)) }
    return whiteSpaceLinesEnd(place)
  }

  private func isLetter(_ kind: CharacterClass) -> Bool { kind == .letter || joinsMarks && kind == .mark }

  private func isSign(_ kind: CharacterClass) -> Bool { kind.isSign && !(joinsMarks && kind == .mark) }
}
