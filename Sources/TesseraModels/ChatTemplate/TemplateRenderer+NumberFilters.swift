/// Filters that give numbers.
extension TemplateRenderer {
  func number(
    _ value: TemplateValue, _ name: String, _ arguments: TemplateArguments
  ) throws(TemplateFault) -> TemplateValue {
    let isInteger = name == "int"
    let given = try arguments.bound(to: isInteger ? ["default", "base"] : ["default"], of: name)
    let fallback = given[0] ?? (isInteger ? .integer(0) : .number(0))
    if isInteger, let base = given[1] {
      guard case .integer(10) = base else { throw TemplateFault.unknown("argument of int", "base") }
    }
    switch value {
    case .undefined: throw TemplateFault.type("a value for \(name)", value)
    case .boolean, .integer, .number:
      let number = try TemplateNumber(value, name)
      if !isInteger { return .number(number.double) }
      if case .integer(let integer) = number { return .integer(integer) }
      return try Self.truncated(number.double) ?? fallback
    case .text(let text):
      try budget.charge(text.count)
      let spelled = text.trimmed().string
      if isInteger, let integer = Int(spelled.filter { $0 != "_" }), Self.isNumber(spelled) { return .integer(integer) }
      guard Self.isNumber(spelled), let number = Double(spelled.filter { $0 != "_" }) else { return fallback }
      return isInteger ? try Self.truncated(number) ?? fallback : .number(number)
    default: return fallback
    }
  }

  /// Whether a text is a number as Python reads it: `_` stands between digits only, and there is no hexadecimal.
  private static func isNumber(_ text: String) -> Bool {
    guard !["inf", "nan"].contains(where: { text.lowercased().contains($0) }) else { return !text.contains("_") }
    let bytes = Array(text.utf8)
    return bytes.indices.allSatisfy { index in
      func isDigit(_ place: Int) -> Bool { bytes.indices.contains(place) && (0x30...0x39).contains(bytes[place]) }
      return bytes[index] == 0x5F ? isDigit(index - 1) && isDigit(index + 1) : !"xXpP".utf8.contains(bytes[index])
    }
  }

  /// nil: not finite.
  private static func truncated(_ number: Double) throws(TemplateFault) -> TemplateValue? {
    guard number.isFinite else { return nil }
    guard let integer = Int(exactly: number.rounded(.towardZero)) else {
      throw TemplateFault.bound("integers of 64 bits", "a larger one")
    }
    return .integer(integer)
  }

  func absolute(_ value: TemplateValue, _ arguments: TemplateArguments) throws(TemplateFault) -> TemplateValue {
    _ = try arguments.bound(to: [], of: "abs")
    switch try TemplateNumber(value, "abs") {
    case .integer(let integer): return try TemplateNumber.integer(integer).signed(integer < 0)
    case .number(let number): return .number(number.magnitude)
    }
  }
}
