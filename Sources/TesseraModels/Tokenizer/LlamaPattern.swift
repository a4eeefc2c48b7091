/// The words of `PreTokenizer.llama` and `.qwen2`.
struct LlamaPattern: WordPattern {
  let text: ScannedText
  let part: Range<Int>
  let longestNumber: Int

  init(_ text: ScannedText, _ part: Range<Int>, longestNumber: Int) {
    (self.text, self.part, self.longestNumber) = (text, part, longestNumber)
  }

  func wordEnd(_ place: Int) -> Int {
    if let end = endingEnd(place, ignoringCase: true) { return end }
    let first = kind(place)
    // Letters, after any one character that is neither number nor line break.
    if first == .letter || first != .number && !isLineBreak(place) && kind(place + 1) == .letter {
      return end(of: .letter, from: place + 1)
    }
    if first == .number { return min(end(of: .number, from: place), place + longestNumber) }
    // Other characters, after one blank, with the line breaks that follow.
    let start = isBlank(place) ? place + 1 : place
    if kind(start) == .other {
      var end = end(of: .other, from: start)
      while end < part.upperBound, isLineBreak(end) { end += 1 }
      return end
    }
    let end = end(of: .space, from: place)
    if let last = (place..<end).last(where: isLineBreak) { return last + 1 }
    return whiteSpaceEnd(place)
  }

  private func isLineBreak(_ place: Int) -> Bool { text.scalars[place] == 0x0A || text.scalars[place] == 0x0D }
}
