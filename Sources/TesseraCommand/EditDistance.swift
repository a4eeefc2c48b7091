extension String {
  /// How many letters at least have to be put in, taken out, replaced or changed for the next to make another text of
  /// this one, no letter twice (Damerau 1964).
  func editDistance(to other: String) -> Int {
    let (own, letters) = (Array(self), Array(other))
    // Of the letters so far, and of one less, to each beginning of the other text.
    var distances = Array(0...letters.count)
    var distancesBefore = distances
    for (count, letter) in own.enumerated() {
      var next = [count + 1]
      for (index, otherLetter) in letters.enumerated() {
        let replaced = distances[index] + (letter == otherLetter ? 0 : 1)
        var least = Swift.min(replaced, distances[index + 1] + 1, next[index] + 1)
        if count > 0, index > 0, letter == letters[index - 1], own[count - 1] == otherLetter {
          least = Swift.min(least, distancesBefore[index - 1] + 1)
        }
        next.append(least)
      }
      (distancesBefore, distances) = (distances, next)
    }
    return distances[letters.count]
  }
}
