/// A template's text as the lexer looks at it. Line breaks are `\n` alone.
struct TemplateSource: Sendable {
  private let units: [UInt32]
  /// Where lines start.
  private let lines: [Int]

  init(_ text: String) {
    var units: [UInt32] = []
    units.reserveCapacity(text.utf8.count)
    var previous: UInt32 = 0
    for scalar in text.unicodeScalars {
      if scalar == "\n", previous == 0xD {
        previous = 0xA
        continue
      }
      previous = scalar.value
      units.append(previous == 0xD ? 0xA : previous)
    }
    if units.last == 0xA { units.removeLast() }
    self.units = units
    lines = [0] + units.indices.lazy.filter { units[$0] == 0xA }.map { $0 + 1 }
  }

  var count: Int { units.count }

  func place(of offset: Int) -> TemplatePlace {
    var (low, high) = (0, lines.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lines[middle] <= offset { low = middle } else { high = middle }
    }
    return TemplatePlace(line: Int32(clamping: low + 1), column: Int32(clamping: offset - lines[low] + 1))
  }

  func text(_ range: Range<Int>) -> TemplateText { TemplateText(units: units[range]) }

  func unit(at offset: Int) -> UInt32? { units.indices.contains(offset) ? units[offset] : nil }

  func isSpace(at offset: Int) -> Bool { unit(at: offset).map(TemplateText.isSpace) ?? false }

  func has(_ text: StaticString, at offset: Int) -> Bool {
    guard offset >= 0, offset + text.utf8CodeUnitCount <= count else { return false }
    return (0..<text.utf8CodeUnitCount).allSatisfy { units[offset + $0] == UInt32(text.utf8Start[$0]) }
  }

  func first(_ text: StaticString, from start: Int) -> Int? {
    start < count ? (start..<count).first { has(text, at: $0) } : nil
  }

  func firstTag(from start: Int) -> Int? {
    guard start < count else { return nil }
    return (start..<count).first { has("{", at: $0) && (has("{{", at: $0) || has("{%", at: $0) || has("{#", at: $0)) }
  }

  /// The `-` or `+` that says what white space a tag takes.
  func sign(at offset: Int) -> Character? { has("-", at: offset) ? "-" : has("+", at: offset) ? "+" : nil }

  /// Behind a word and the spaces around it; nil: it is not there.
  func wordEnd(_ word: StaticString, from start: Int) -> Int? {
    var place = start
    while isSpace(at: place) { place += 1 }
    guard has(word, at: place) else { return nil }
    place += word.utf8CodeUnitCount
    while isSpace(at: place) { place += 1 }
    return place
  }
}
