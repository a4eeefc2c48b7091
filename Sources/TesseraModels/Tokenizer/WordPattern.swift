/// A pattern of words, read by hand: of a part of a text, beyond whose ends it sees nothing.
protocol WordPattern {
  var text: ScannedText { get }
  var part: Range<Int> { get }

  /// Where the word ends that starts at a place; at least one character on.
  func wordEnd(_ place: Int) -> Int
}

extension WordPattern {
  func forEachWord<Failure: Error>(_ body: (Range<Int>) throws(Failure) -> Void) throws(Failure) {
    var place = part.lowerBound
    while place < part.upperBound {
      let end = wordEnd(place)
      try body(place..<end)
      place = end
    }
  }

  /// The class of the character at a place; nil: past the end.
  func kind(_ place: Int) -> CharacterClass? { place < part.upperBound ? text.classes[place] : nil }

  /// Where the characters of a class end that lie from a place on.
  func end(of kind: CharacterClass, from place: Int) -> Int {
    var place = place
    while self.kind(place) == kind { place += 1 }
    return place
  }

  func isBlank(_ place: Int) -> Bool { text.scalars[place] == 0x20 }

  /// Where white space from a place on is cut: `\s+(?!\S)|\s+`. Of several, the last is left to the word that follows.
  func whiteSpaceEnd(_ place: Int) -> Int {
    let end = end(of: .space, from: place)
    return end - place > 1 && end < part.upperBound ? end - 1 : end
  }

  /// Where an English ending ends that starts with an apostrophe: `'s|'t|'re|'ve|'m|'ll|'d`; nil: none starts here.
  func endingEnd(_ place: Int, ignoringCase: Bool) -> Int? {
    guard text.scalars[place] == 0x27, let first = letter(place + 1, ignoringCase) else { return nil }
    switch first {
    case "s", "t", "m", "d": return place + 2
    case "r", "v", "l":
      return letter(place + 2, ignoringCase) == (first == "l" ? "l" : "e") ? place + 3 : nil
    default: return nil
    }
  }

  private func letter(_ place: Int, _ ignoringCase: Bool) -> Unicode.Scalar? {
    guard place < part.upperBound else { return nil }
    let value = text.scalars[place]
    return Unicode.Scalar(ignoringCase && (0x41...0x5A).contains(value) ? value | 0x20 : value)
  }
}
