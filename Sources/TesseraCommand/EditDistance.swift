extension String {
  /// How many letters at least have to be put in, taken out or replaced to make another text of this one
  /// (Levenshtein 1966).
  func editDistance(to other: String) -> Int {
    let letters = Array(other)
    // Of the letters so far to each beginning of the other text.
    var distances = Array(0...letters.count)
    for (count, letter) in enumerated() {
      var replaced = distances[0]
      distances[0] = count + 1
      for (index, otherLetter) in letters.enumerated() {
        let kept = replaced + (letter == otherLetter ? 0 : 1)
        replaced = distances[index + 1]
        distances[index + 1] = Swift.min(kept, replaced + 1, distances[index] + 1)
      }
    }
    return distances[letters.count]
  }
}
