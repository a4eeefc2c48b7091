/// The words of `PreTokenizer.deepSeekV3` that are neither numbers nor Han or kana.
struct DeepSeekPattern: WordPattern {
  let text: ScannedText
  let part: Range<Int>

  init(_ text: ScannedText, _ part: Range<Int>) { (self.text, self.part) = (text, part) }

  func wordEnd(_ place: Int) -> Int? {
    let first = kind(place)!
    // ASCII's letters, after one of its signs.
    if text.scalars[place] > 0x20, text.scalars[place] < 0x7F, first.isSign, isASCIILetter(place + 1) {
      var end = place + 1
      while isASCIILetter(end) { end += 1 }
      return end
    }
    // Letters and marks, after any one character that is none of what follows here.
    let lettersStart = isLetter(first) || isLineBreak(place) || isSign(first) ? place : place + 1
    if kind(lettersStart).map(isLetter) == true { return end(from: lettersStart, of: isLetter) }
    let start = isBlank(place) ? place + 1 : place
    if kind(start).map(isSign) == true { return lineBreaksEnd(end(from: start, of: isSign)) }
    return first == .space ? whiteSpaceLinesEnd(place) : nil
  }

  private func isLetter(_ kind: CharacterClass) -> Bool { kind == .letter || kind == .mark }

  private func isSign(_ kind: CharacterClass) -> Bool { kind == .punctuation || kind == .symbol }

  private func isASCIILetter(_ place: Int) -> Bool { kind(place) == .letter && text.scalars[place] < 0x80 }
}
