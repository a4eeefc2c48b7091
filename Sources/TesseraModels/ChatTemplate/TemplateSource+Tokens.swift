/// The tokens inside a tag.
extension TemplateSource {
  private static let signs: [StaticString] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "=", "<", ">", ".", ",", ":", "|", "(", ")", "[",
    "]", "{", "}",
  ]

  /// The token at `offset`, which is moved behind it.
  func token(at offset: inout Int) throws(TemplateFault) -> TemplateToken.Kind {
    let start = offset
    guard let unit = unit(at: start) else { return .end }
    if Self.startsName(unit) {
      while let unit = self.unit(at: offset), Self.startsName(unit) || Self.isDigit(unit) { offset += 1 }
      guard offset - start <= TemplateBudget.nameLength else {
        throw TemplateFault.bound("names of \(TemplateBudget.nameLength) code points", "a longer one").at(
          place(of: start))
      }
      return .name(text(start..<offset).string)
    }
    if Self.isDigit(unit) { return try number(at: &offset) }
    if has("'", at: start) || has("\"", at: start) { return .string(try string(at: &offset)) }
    for sign in Self.signs where has(sign, at: start) {
      offset += sign.utf8CodeUnitCount
      return .sign("\(sign)")
    }
    throw TemplateFault.unknown("character", "\(TemplateText.scalar(unit))", at: place(of: start))
  }

  private static func isDigit(_ unit: UInt32) -> Bool { (0x30...0x39).contains(unit) }

  private static func startsName(_ unit: UInt32) -> Bool {
    unit == 0x5F || (0x41...0x5A).contains(unit) || (0x61...0x7A).contains(unit)
      || (unit >= 0x80 && TemplateText.scalar(unit).properties.isXIDStart)
  }

  private func number(at offset: inout Int) throws(TemplateFault) -> TemplateToken.Kind {
    let start = offset
    func skipDigits() {
      while let unit = unit(at: offset), Self.isDigit(unit) || (has("_", at: offset) && isDigit(at: offset + 1)) {
        offset += 1
      }
    }
    skipDigits()
    var isInteger = true
    if has(".", at: offset), isDigit(at: offset + 1) {
      isInteger = false
      offset += 1
      skipDigits()
    }
    if has("e", at: offset) || has("E", at: offset) {
      let exponent = offset + (sign(at: offset + 1) == nil ? 1 : 2)
      if isDigit(at: exponent) {
        isInteger = false
        offset = exponent
        skipDigits()
      }
    }
    let spelled = text(start..<offset).string.filter { $0 != "_" }
    if let next = unit(at: offset), Self.startsName(next) || Self.isDigit(next) {
      throw TemplateFault.unknown("number", text(start..<(offset + 1)).string, at: place(of: start))
    }
    if isInteger, let value = Int(spelled) { return .integer(value) }
    if !isInteger, let value = Double(spelled) { return .number(value) }
    throw TemplateFault.unknown("number", spelled, at: place(of: start))
  }

  private func isDigit(at offset: Int) -> Bool { unit(at: offset).map(Self.isDigit) ?? false }

  /// A string with Python's escapes; what is none stays as it is.
  private func string(at offset: inout Int) throws(TemplateFault) -> TemplateText {
    let start = offset
    let quote = unit(at: start)
    var result: [UInt32] = []
    offset += 1
    while let unit = unit(at: offset) {
      offset += 1
      if unit == quote { return TemplateText(units: result) }
      if unit == 0x5C { try appendEscape(at: &offset, to: &result) } else { result.append(unit) }
    }
    throw TemplateFault.syntax("the end of a string", "none", at: place(of: start))
  }

  private static let escapes: [Unicode.Scalar: UInt32] = [
    "n": 0xA, "t": 9, "r": 0xD, "\\": 0x5C, "'": 0x27, "\"": 0x22, "a": 7, "b": 8, "f": 0xC, "v": 0xB,
  ]

  private func appendEscape(at offset: inout Int, to result: inout [UInt32]) throws(TemplateFault) {
    guard let unit = unit(at: offset) else { return }
    let start = offset - 1
    let letter = TemplateText.scalar(unit)
    offset += 1
    if let value = Self.escapes[letter] { return result.append(value) }
    switch letter {
    case "\n": break
    case "x", "u", "U", "0"..."7":
      let isOctal = letter != "x" && letter != "u" && letter != "U"
      let digits = isOctal ? 3 : letter == "x" ? 2 : letter == "u" ? 4 : 8
      let first = isOctal ? offset - 1 : offset
      var end = first
      while end < first + digits, let unit = self.unit(at: end),
        TemplateText.scalar(unit).properties.isHexDigit, unit < 0x80, !isOctal || (0x30...0x37).contains(unit)
      { end += 1 }
      guard isOctal || end == first + digits, let value = UInt32(text(first..<end).string, radix: isOctal ? 8 : 16),
        Unicode.Scalar(value) != nil
      else { throw TemplateFault.unknown("escape", text(start..<end).string, at: place(of: start)) }
      offset = end
      result.append(value)
    case "N": throw TemplateFault.unknown("escape", "\\N", at: place(of: start))
    default: result += [0x5C, unit]
    }
  }
}
