/// The words of `PreTokenizer.gpt2`.
struct GPT2Pattern: WordPattern {
  let text: ScannedText
  let part: Range<Int>

  init(_ text: ScannedText, _ part: Range<Int>) { (self.text, self.part) = (text, part) }

  func wordEnd(_ place: Int) -> Int {
    if let end = endingEnd(place, ignoringCase: false) { return end }
    // One blank belongs to the word after it.
    let start = isBlank(place) ? place + 1 : place
    if let kind = kind(start), kind != .space { return end(of: kind, from: start) }
    return whiteSpaceEnd(place)
  }
}
