/// The words of `PreTokenizer.gpt2`.
struct GPT2Pattern: WordPattern {
  let text: ScannedText
  let part: Range<Int>

  init(_ text: ScannedText, _ part: Range<Int>) { (self.text, self.part) = (text, part) }

  func wordEnd(_ place: Int) -> Int? {
    if let end = endingEnd(place, ignoringCase: false) { return end }
    // One blank belongs to the word after it.
    let start = isBlank(place) ? place + 1 : place
    switch kind(start) {
    case .letter?: return end(of: .letter, from: start)
    case .number?: return end(of: .number, from: start)
    case let sign? where sign.isSign: return end(from: start, of: \.isSign)
    default: return whiteSpaceEnd(place)
    }
  }
}
