/// Tests: what stands behind `is`.
extension TemplateRenderer {
  func test(_ value: TemplateValue, _ name: String, _ arguments: TemplateArguments) throws(TemplateFault) -> Bool {
    if let comparison = Self.comparisons[name] {
      guard let other = try arguments.bound(to: ["other"], of: name)[0] else {
        throw TemplateFault(expected: "a value to compare with", actual: "none")
      }
      return try compare(value, comparison, other)
    }
    if name == "divisibleby" {
      let divisor = try arguments.bound(to: ["num"], of: name)[0] ?? .none
      return try isDivisible(value, by: divisor, name)
    }
    _ = try arguments.bound(to: [], of: name)
    return try test(value, name)
  }

  private static let comparisons: [String: TemplateComparison] = [
    "eq": .equal, "equalto": .equal, "==": .equal, "ne": .unequal, "!=": .unequal, "lt": .less, "lessthan": .less,
    "<": .less, "le": .lessOrEqual, "<=": .lessOrEqual, "gt": .greater, "greaterthan": .greater, ">": .greater,
    "ge": .greaterOrEqual, ">=": .greaterOrEqual, "in": .isIn,
  ]

  private func test(_ value: TemplateValue, _ name: String) throws(TemplateFault) -> Bool {
    switch (name, value) {
    case ("defined", .undefined): return false
    case ("defined", _): return true
    case ("undefined", .undefined): return true
    case ("none", .none): return true
    case ("string", .text): return true
    case ("mapping", .mapping): return true
    case ("boolean", .boolean): return true
    case ("true", .boolean(let flag)): return flag
    case ("false", .boolean(let flag)): return !flag
    case ("integer", .integer): return true
    case ("float", .number): return true
    case ("number", .integer), ("number", .number), ("number", .boolean): return true
    case ("callable", .macro), ("callable", .function): return true
    case ("iterable", .undefined), ("iterable", .text), ("iterable", .list), ("iterable", .mapping),
      ("iterable", .stream), ("iterable", .loop):
      return true
    case ("sequence", .undefined), ("sequence", .text), ("sequence", .mapping): return true
    case ("sequence", .list(let list)): return list.kind != .view
    case ("even", _): return try isDivisible(value, by: .integer(2), name)
    case ("odd", _): return try isDivisible(value, by: .integer(2), leaving: 1, name)
    case ("lower", .text(let text)): return try isUnchanged(text, by: \.lowercased)
    case ("upper", .text(let text)): return try isUnchanged(text, by: \.uppercased)
    case ("undefined", _), ("none", _), ("string", _), ("mapping", _), ("boolean", _), ("true", _), ("false", _),
      ("integer", _), ("float", _), ("number", _), ("callable", _), ("iterable", _), ("sequence", _):
      return false
    default: throw TemplateFault.unknown("test", name)
    }
  }

  private func isDivisible(
    _ value: TemplateValue, by divisor: TemplateValue, leaving rest: Int = 0, _ name: String
  ) throws(TemplateFault) -> Bool {
    let (first, second) = (try TemplateNumber(value, name), try TemplateNumber(divisor, name))
    return try isEqual(TemplateNumber.result(.modulo, first, second), .integer(rest))
  }

  /// Whether a text with at least one letter is as a change of case leaves it.
  private func isUnchanged(
    _ text: TemplateText, by change: KeyPath<TemplateText, TemplateText>
  ) throws(TemplateFault) -> Bool {
    try budget.charge(text.count)
    return text == text[keyPath: change] && text.units.contains { TemplateText.scalar($0).properties.isCased }
  }
}
