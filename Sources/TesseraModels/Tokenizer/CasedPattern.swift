/// The words of `PreTokenizer.tekken` and `.gpt4o`, which end where small letters are followed by capitals.
///
/// Letters beyond ASCII count as both.
struct CasedPattern: WordPattern {
  let text: ScannedText
  let part: Range<Int>
  let longestNumber: Int
  /// Whether an English ending belongs to the word before it.
  let takesEndings: Bool

  init(_ text: ScannedText, _ part: Range<Int>, longestNumber: Int, takesEndings: Bool) {
    (self.text, self.part, self.longestNumber, self.takesEndings) = (text, part, longestNumber, takesEndings)
  }

  func wordEnd(_ place: Int) -> Int? {
    let first = kind(place)!
    if first == .number { return min(end(of: .number, from: place), place + longestNumber) }
    let lettersStart = first == .letter || isLineBreak(place) ? place : place + 1
    if let end = lettersEnd(lettersStart) {
      return takesEndings ? endingEnd(end, ignoringCase: true) ?? end : end
    }
    let start = isBlank(place) ? place + 1 : place
    if kind(start)?.isSign == true {
      var end = end(from: start, of: \.isSign)
      while end < part.upperBound, isLineBreak(end) || text.scalars[end] == 0x2F { end += 1 }
      return end
    }
    return whiteSpaceLinesEnd(place)
  }

  /// Capitals, then small letters, as many of either as there are, but not both none.
  private func lettersEnd(_ start: Int) -> Int? {
    guard kind(start) == .letter else { return nil }
    var capitalsEnd = start
    while isLetter(capitalsEnd, but: 0x61...0x7A) { capitalsEnd += 1 }
    var end = capitalsEnd
    while isLetter(end, but: 0x41...0x5A) { end += 1 }
    if end > capitalsEnd { return end }
    // The last of the capitals that is a small letter too ends the word; where there is none, all of them are it.
    return (start..<capitalsEnd).last { !text.scalars[$0].isASCII }.map { $0 + 1 } ?? capitalsEnd
  }

  private func isLetter(_ place: Int, but others: ClosedRange<UInt32>) -> Bool {
    kind(place) == .letter && !others.contains(text.scalars[place])
  }
}

extension UInt32 {
  fileprivate var isASCII: Bool { self < 0x80 }
}
