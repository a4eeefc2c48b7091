/// Finding, cutting and joining, as Python's `str` does it.
extension TemplateText {
  /// What `str.isspace` takes: Unicode's white space, and the four separators of ASCII.
  static func isSpace(_ unit: UInt32) -> Bool {
    let point = codePoint(unit)
    if point < 0x80 { return point == 0x20 || (9...13).contains(point) || (0x1C...0x1F).contains(point) }
    return scalar(unit).properties.isWhitespace
  }

  /// Where `other` begins first at or after `start`; nil: nowhere.
  func firstIndex(of other: TemplateText, from start: Int = 0) -> Int? {
    guard start <= count - other.count else { return nil }
    return (start...(count - other.count)).first { matches(other, at: $0) }
  }

  func lastIndex(of other: TemplateText, before end: Int? = nil) -> Int? {
    let last = (end ?? count) - other.count
    guard last >= 0 else { return nil }
    return (0...last).last { matches(other, at: $0) }
  }

  func matches(_ other: TemplateText, at start: Int) -> Bool {
    guard start >= 0, start + other.count <= count else { return false }
    for index in 0..<other.count
    where Self.codePoint(units[start + index]) != Self.codePoint(other.units[index]) { return false }
    return true
  }

  func hasPrefix(_ other: TemplateText) -> Bool { matches(other, at: 0) }
  func hasSuffix(_ other: TemplateText) -> Bool { matches(other, at: count - other.count) }

  /// Without characters of the set at the ends; nil: without spaces.
  func trimmed(_ characters: TemplateText? = nil, left: Bool = true, right: Bool = true) -> TemplateText {
    let set = characters.map { Set($0.units.map(Self.codePoint)) }
    func isTrimmed(_ unit: UInt32) -> Bool { set?.contains(Self.codePoint(unit)) ?? Self.isSpace(unit) }
    var (start, end) = (0, count)
    if left { while start < end, isTrimmed(units[start]) { start += 1 } }
    if right { while start < end, isTrimmed(units[end - 1]) { end -= 1 } }
    return with(units[start..<end])
  }

  /// The parts between `separator`s, of which at most `limit` are taken, from the left.
  func split(_ separator: TemplateText, limit: Int) -> [TemplateText] {
    var parts: [TemplateText] = []
    var start = 0
    while parts.count < limit, let found = firstIndex(of: separator, from: start) {
      parts.append(with(units[start..<found]))
      start = found + separator.count
    }
    return parts + [with(units[start...])]
  }

  /// The parts between `separator`s, of which at most `limit` are taken, from the right.
  func splitFromRight(_ separator: TemplateText, limit: Int) -> [TemplateText] {
    var parts: [TemplateText] = []
    var end = count
    while parts.count < limit, let found = lastIndex(of: separator, before: end) {
      parts.append(with(units[(found + separator.count)..<end]))
      end = found
    }
    return (parts + [with(units[..<end])]).reversed()
  }

  /// The parts between runs of spaces; after `limit` cuts the rest is one part.
  func splitAtSpaces(limit: Int) -> [TemplateText] {
    var parts: [TemplateText] = []
    var start = 0
    while true {
      while start < count, Self.isSpace(units[start]) { start += 1 }
      guard start < count else { return parts }
      if parts.count == limit { return parts + [with(units[start...]).trimmed(left: false)] }
      var end = start
      while end < count, !Self.isSpace(units[end]) { end += 1 }
      parts.append(with(units[start..<end]))
      start = end
    }
  }

  /// Lines as `str.splitlines` cuts them.
  func lines(keepsEnds: Bool = false) -> [TemplateText] {
    var lines: [TemplateText] = []
    var start = 0
    var place = 0
    while place < count {
      let point = Self.codePoint(units[place])
      guard (0xA...0xD).contains(point) || (0x1C...0x1E).contains(point) || [0x85, 0x2028, 0x2029].contains(point)
      else {
        place += 1
        continue
      }
      let end = place
      place += point == 0xD && place + 1 < count && Self.codePoint(units[place + 1]) == 0xA ? 2 : 1
      lines.append(with(units[start..<(keepsEnds ? place : end)]))
      start = place
    }
    return start < count ? lines + [with(units[start...])] : lines
  }

  /// Up to `limit` occurrences of `old` replaced. An empty one stands before each code point and at the end.
  func replacing(_ old: TemplateText, with new: TemplateText, limit: Int) -> TemplateText {
    if old.isEmpty {
      var result: [UInt32] = []
      for (index, unit) in units.enumerated() { result += (index < limit ? new.units : []) + [unit] }
      return with(count < limit ? result + new.units : result)
    }
    return with(split(old, limit: limit).map(\.units).joined(separator: new.units))
  }

  /// How often `other` stands in the string, without overlaps.
  func occurrences(of other: TemplateText) -> Int {
    other.isEmpty ? count + 1 : split(other, limit: .max).count - 1
  }
}
