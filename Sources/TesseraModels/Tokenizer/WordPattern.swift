/// A pattern of words, read by hand: of a part of a text, beyond whose ends it sees nothing.
protocol WordPattern {
  var text: ScannedText { get }
  var part: Range<Int> { get }

  /// Where the word ends that starts at a place, at least one character on; nil: none starts there.
  func wordEnd(_ place: Int) -> Int?
}

extension WordPattern {
  /// Calls `body` with each word, and with what lies between two, in order.
  func forEachWord<Failure: Error>(_ body: (Range<Int>) throws(Failure) -> Void) throws(Failure) {
    var (start, place) = (part.lowerBound, part.lowerBound)
    while place < part.upperBound {
      guard let end = wordEnd(place) else {
        place += 1
        continue
      }
      if start < place { try body(start..<place) }
      try body(place..<end)
      (start, place) = (end, end)
    }
    if start < place { try body(start..<place) }
  }

  /// The class of the character at a place; nil: past the end.
  func kind(_ place: Int) -> CharacterClass? { place < part.upperBound ? text.classes[place] : nil }

  /// Where the characters of a class end that lie from a place on.
  func end(of kind: CharacterClass, from place: Int) -> Int { end(from: place) { $0 == kind } }

  /// Where the characters end that lie from a place on and whose class is of a kind.
  func end(from place: Int, of fits: (CharacterClass) -> Bool) -> Int {
    var place = place
    while let kind = kind(place), fits(kind) { place += 1 }
    return place
  }

  func isBlank(_ place: Int) -> Bool { text.scalars[place] == 0x20 }

  func isLineBreak(_ place: Int) -> Bool { text.scalars[place] == 0x0A || text.scalars[place] == 0x0D }

  /// Where line breaks end that lie from a place on.
  func lineBreaksEnd(_ place: Int) -> Int {
    var place = place
    while place < part.upperBound, isLineBreak(place) { place += 1 }
    return place
  }

  /// Where white space from a place on is cut: `\s+(?!\S)|\s+`. Of several, the last is left to the word that follows.
  func whiteSpaceEnd(_ place: Int) -> Int {
    let end = end(of: .space, from: place)
    return end - place > 1 && end < part.upperBound ? end - 1 : end
  }

  /// Where white space is cut at a last line break: `\s*[\r\n]+|\s+(?!\S)|\s+`.
  func whiteSpaceLinesEnd(_ place: Int) -> Int {
    let end = end(of: .space, from: place)
    if let last = (place..<end).last(where: isLineBreak) { return last + 1 }
    return whiteSpaceEnd(place)
  }

  /// Where an English ending ends that starts with an apostrophe: `'s|'t|'re|'ve|'m|'ll|'d`; nil: none starts here.
  func endingEnd(_ place: Int, ignoringCase: Bool) -> Int? {
    guard place < part.upperBound, text.scalars[place] == 0x27, let first = letter(place + 1, ignoringCase) else {
      return nil
    }
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
