/// Arithmetic and comparison of values.
extension TemplateRenderer {
  func arithmetic(
    _ operation: TemplateArithmetic, _ a: TemplateValue, _ b: TemplateValue
  ) throws(TemplateFault) -> TemplateValue {
    if operation == .times {
      // True and false count as 1 and 0.
      if case .boolean(let flag) = a { return try arithmetic(operation, .integer(flag ? 1 : 0), b) }
      if case .boolean(let flag) = b { return try arithmetic(operation, a, .integer(flag ? 1 : 0)) }
    }
    switch (operation, a, b) {
    case (.plus, .text(let first), .text(let second)): return .text(try sum(first, second))
    case (.plus, .list(let first), .list(let second)) where first.kind == second.kind && first.kind != .view:
      try budget.charge(first.elements.count + second.elements.count, times: 4)
      return .list(try TemplateList(first.elements + second.elements, first.kind))
    case (.times, .text(let text), .integer(let count)), (.times, .integer(let count), .text(let text)):
      try budget.charge(text.count, times: max(count, 0))
      return .text(text.with((0..<(text.isEmpty ? 0 : max(count, 0))).flatMap { _ in text.units }))
    case (.times, .list(let list), .integer(let count)) where list.kind != .view,
      (.times, .integer(let count), .list(let list)) where list.kind != .view:
      try budget.charge(list.elements.count, times: max(count, 0))
      try budget.charge(list.elements.count * max(count, 0), times: 4)
      let copies = list.elements.isEmpty ? 0 : max(count, 0)
      return .list(try TemplateList((0..<copies).flatMap { _ in list.elements }, list.kind))
    case (.modulo, .text, _): throw TemplateFault.unknown("operation", "% of a string")
    default:
      let first = try TemplateNumber(a, operation.rawValue)
      return try TemplateNumber.result(operation, first, try TemplateNumber(b, operation.rawValue))
    }
  }

  /// Throws where Jinja would escape an operand, because the other one is marked as safe.
  private func sum(_ a: TemplateText, _ b: TemplateText) throws(TemplateFault) -> TemplateText {
    try budget.charge(a.count + b.count)
    if a.isMarkup != b.isMarkup {
      let escaped = "&<>'\"".unicodeScalars
      if (a.isMarkup ? b : a).units.contains(where: { escaped.contains(TemplateText.scalar($0)) }) {
        throw TemplateFault.unknown("operation", "+ of a safe string and one that is escaped then")
      }
    }
    return TemplateText(units: a.units + b.units, isMarkup: a.isMarkup || b.isMarkup)
  }

  func compare(
    _ a: TemplateValue, _ comparison: TemplateComparison, _ b: TemplateValue
  ) throws(TemplateFault) -> Bool {
    switch comparison {
    case .equal: try isEqual(a, b)
    case .unequal: try !isEqual(a, b)
    case .less: try precedes(a, b, "<")
    case .lessOrEqual: try !precedes(b, a, "<=") && !isUnordered(a, b)
    case .greater: try precedes(b, a, ">")
    case .greaterOrEqual: try !precedes(a, b, ">=") && !isUnordered(a, b)
    case .isIn: try contains(b, a)
    case .isNotIn: try !contains(b, a)
    }
  }

  func isEqual(_ a: TemplateValue, _ b: TemplateValue) throws(TemplateFault) -> Bool {
    try budget.charge(1)
    switch (a, b) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.text(let first), .text(let second)):
      try budget.charge(min(first.count, second.count) / 8)
      return first == second
    case (.list(let first), .list(let second)):
      guard first.kind != .view, second.kind != .view else {
        throw TemplateFault.unknown("comparison", "of what items, keys or values give")
      }
      guard first.kind == second.kind, first.elements.count == second.elements.count else { return false }
      for (x, y) in zip(first.elements, second.elements) where try !isEqual(x, y) { return false }
      return true
    case (.mapping(let first), .mapping(let second)):
      guard first.entries.count == second.entries.count else { return false }
      for entry in first.entries {
        guard let other = try value(for: entry.key, in: second), try isEqual(entry.value, other) else { return false }
      }
      return true
    case (.namespace(let first), .namespace(let second)), (.macro(let first), .macro(let second)),
      (.stream(let first), .stream(let second)):
      return first == second
    case (.function(let first), .function(let second)): return first == second
    default: return a.isSameKey(as: b)
    }
  }

  /// The value for a key, for which all keys may have to be compared.
  func value(for key: TemplateValue, in mapping: TemplateMapping) throws(TemplateFault) -> TemplateValue? {
    try budget.charge(mapping.entries.count / 4)
    if case .text(let text) = key { try budget.charge(text.count / 8) }
    guard key.isHashable else { throw TemplateFault.type("a key that is text, a number, true, false or none", key) }
    return key.isKey ? mapping[key] : nil
  }

  private func isUnordered(_ a: TemplateValue, _ b: TemplateValue) -> Bool {
    func isNaN(_ value: TemplateValue) -> Bool { if case .number(let number) = value { number.isNaN } else { false } }
    return isNaN(a) || isNaN(b)
  }

  func precedes(_ a: TemplateValue, _ b: TemplateValue, _ sign: String) throws(TemplateFault) -> Bool {
    switch (a, b) {
    case (.text(let first), .text(let second)):
      try budget.charge(min(first.count, second.count) / 8)
      return first < second
    case (.list(let first), .list(let second)) where first.kind == second.kind && first.kind != .view:
      for (x, y) in zip(first.elements, second.elements) where try !isEqual(x, y) { return try precedes(x, y, sign) }
      return first.elements.count < second.elements.count
    default:
      let (x, y) = (try TemplateNumber(a, sign), try TemplateNumber(b, sign))
      if case .integer(let first) = x, case .integer(let second) = y { return first < second }
      return x.double < y.double
    }
  }

  func contains(_ container: TemplateValue, _ value: TemplateValue) throws(TemplateFault) -> Bool {
    switch container {
    case .text(let text):
      guard case .text(let part) = value else { throw TemplateFault.type("text to look for in text", value) }
      try budget.charge(text.count, times: part.count / 8 + 1)
      return text.firstIndex(of: part) != nil
    case .mapping(let mapping): return try self.value(for: value, in: mapping) != nil
    case .list, .undefined:
      for element in try elements(of: container) where try isEqual(element, value) { return true }
      return false
    default: throw TemplateFault.type("text, a list or a mapping to look in", container)
    }
  }
}

extension TemplateValue {
  var isKey: Bool {
    switch self {
    case .none, .boolean, .integer, .number, .text: true
    default: false
    }
  }

  /// Whether Python could look for the value in a mapping; one of tuples is not known here.
  var isHashable: Bool {
    switch self {
    case .list, .mapping: false
    default: true
    }
  }

  /// Equality of values that can be keys: numbers by their value, of whatever type.
  func isSameKey(as other: TemplateValue) -> Bool {
    switch (self, other) {
    case (.none, .none): return true
    case (.text(let first), .text(let second)): return first == second
    default:
      guard let first = try? TemplateNumber(self, "=="), let second = try? TemplateNumber(other, "==") else {
        return false
      }
      if case .integer(let x) = first, case .integer(let y) = second { return x == y }
      return first.double == second.double
    }
  }
}
