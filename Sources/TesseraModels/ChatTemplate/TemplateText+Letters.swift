/// Upper, lower and title case, as Python's `str` does it.
extension TemplateText {
  var uppercased: TemplateText { with(units.flatMap { Self.mapped($0, \.uppercaseMapping) }) }

  var lowercased: TemplateText { with(units.indices.flatMap(lowercase)) }

  /// The first letter in title case, all others in lower case.
  var capitalized: TemplateText {
    with(units.indices.flatMap { $0 == 0 ? Self.mapped(units[$0], \.titlecaseMapping) : lowercase($0) })
  }

  /// Each letter after one that has a case in lower case, all others in title case (`str.title`).
  var titlecased: TemplateText {
    var follows = false
    return with(
      units.indices.flatMap { index in
        defer { follows = Self.scalar(units[index]).properties.isCased }
        return follows ? lowercase(index) : Self.mapped(units[index], \.titlecaseMapping)
      })
  }

  /// Words cut at spaces, hyphens and opening brackets: first code point in upper case, others in lower (Jinja's
  /// filter).
  var titledWords: TemplateText {
    var starts = true
    var result: [UInt32] = []
    var word: [UInt32] = []
    func flush() {
      guard let first = word.first else { return }
      result += Self.mapped(first, \.uppercaseMapping) + with(word.dropFirst()).lowercased.units
      word = []
    }
    for unit in units {
      starts = Self.isSpace(unit) || "-({[<".unicodeScalars.contains(Self.scalar(unit))
      if starts {
        flush()
        result.append(unit)
      } else {
        word.append(unit)
      }
    }
    flush()
    return with(result)
  }

  /// A sigma that ends a word has a lower case of its own.
  private func lowercase(_ index: Int) -> [UInt32] {
    let unit = units[index]
    guard Self.codePoint(unit) == 0x3A3 else { return Self.mapped(unit, \.lowercaseMapping) }
    func isCased(_ others: some Sequence<UInt32>) -> Bool {
      others.lazy.map { Self.scalar($0).properties }.first { !$0.isCaseIgnorable }?.isCased ?? false
    }
    let ends = isCased(units[..<index].reversed()) && !isCased(units[(index + 1)...])
    return [(ends ? 0x3C2 : 0x3C3) | unit & Self.contentBit]
  }

  private static func mapped(_ unit: UInt32, _ mapping: KeyPath<Unicode.Scalar.Properties, String>) -> [UInt32] {
    scalar(unit).properties[keyPath: mapping].unicodeScalars.map { $0.value | unit & contentBit }
  }
}
