/// Values as text: Python's `str` and `repr`.
extension TemplateRenderer {
  /// What `{{ }}` writes.
  func text(of value: TemplateValue) throws(TemplateFault) -> TemplateText {
    switch value {
    case .undefined: return TemplateText()
    case .text(let text): return text
    default:
      var result = TemplateText()
      try append(value, to: &result)
      return result
    }
  }

  /// Appends what a value looks like inside a list.
  private func append(_ value: TemplateValue, to result: inout TemplateText) throws(TemplateFault) {
    try budget.charge(1)
    switch value {
    case .undefined: result.append("Undefined")
    case .none: result.append("None")
    case .boolean(let value): result.append(value ? "True" : "False")
    case .integer(let value): result.append("\(value)")
    case .number(let value): result.append(value.spelled)
    case .text(let text):
      try budget.charge(text.count)
      result.append(text.quoted)
    case .list(let list):
      guard list.kind != .view else { throw TemplateFault.unknown("output", "of what items, keys or values give") }
      let isTuple = list.kind == .tuple
      result.append(isTuple ? "(" : "[")
      for (index, element) in list.elements.enumerated() {
        if index > 0 { result.append(", ") }
        try append(element, to: &result)
      }
      result.append(isTuple ? list.elements.count == 1 ? ",)" : ")" : "]")
    case .mapping(let mapping):
      result.append("{")
      for (index, entry) in mapping.entries.enumerated() {
        if index > 0 { result.append(", ") }
        try append(entry.key, to: &result)
        result.append(": ")
        try append(entry.value, to: &result)
      }
      result.append("}")
    case .loop, .function, .namespace, .macro, .stream: throw TemplateFault.unknown("output", "of \(value.described)")
    }
  }
}

extension TemplateText {
  /// The string as Python's `repr` writes it.
  fileprivate var quoted: TemplateText {
    let points = Set(units.map(Self.codePoint))
    let quote: UInt32 = points.contains(0x27) && !points.contains(0x22) ? 0x22 : 0x27
    var result = [quote]
    for unit in units {
      let mark = unit & Self.contentBit
      func append(_ text: String) { result += text.unicodeScalars.map { $0.value | mark } }
      switch Self.codePoint(unit) {
      case quote, 0x5C: result += [0x5C | mark, unit]
      case 0xA: append("\\n")
      case 0xD: append("\\r")
      case 9: append("\\t")
      case let point where !Self.isPrintable(unit):
        let digits = String(point, radix: 16)
        let width = point < 0x100 ? 2 : point < 0x10000 ? 4 : 8
        append(
          (width == 2 ? "\\x" : width == 4 ? "\\u" : "\\U") + String(repeating: "0", count: width - digits.count)
            + digits)
      default: result.append(unit)
      }
    }
    return TemplateText(units: result + [quote])
  }

  private static func isPrintable(_ unit: UInt32) -> Bool {
    switch scalar(unit).properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: codePoint(unit) == 0x20
    default: true
    }
  }
}
