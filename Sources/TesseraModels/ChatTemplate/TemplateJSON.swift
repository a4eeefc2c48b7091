/// Values as JSON, as the filter `tojson` of chat templates writes them: Python's `json.dumps` without escapes for what
/// is not ASCII.
struct TemplateJSON {
  var indentation: TemplateText?
  var itemSeparator: TemplateText
  var keySeparator: TemplateText
  var sortsKeys = false
  var escapesNonASCII = false
  private(set) var text = TemplateText()

  init(indentation: TemplateText?, separators: (TemplateText, TemplateText)?) {
    self.indentation = indentation
    (itemSeparator, keySeparator) = separators ?? (TemplateText(indentation == nil ? ", " : ","), TemplateText(": "))
  }

  mutating func append(_ value: TemplateValue, _ budget: TemplateBudget, level: Int = 0) throws(TemplateFault) {
    try budget.charge(1 + level * (indentation?.count ?? 0))
    switch value {
    case .none: text.append("null")
    case .boolean(let value): text.append(value ? "true" : "false")
    case .integer(let value): text.append("\(value)")
    case .number(let value): text.append(Self.spelled(value))
    case .text(let value):
      try budget.charge(value.count)
      append(quoted: value)
    case .list(let list) where list.kind != .view:
      try append(list.elements.count, "[", "]", budget, level) { json, index throws(TemplateFault) in
        try json.append(list.elements[index], budget, level: level + 1)
      }
    case .mapping(let mapping):
      let entries = sortsKeys ? try sorted(mapping.entries) : mapping.entries
      try append(entries.count, "{", "}", budget, level) { json, index throws(TemplateFault) in
        json.append(quoted: try Self.key(entries[index].key))
        json.text.append(json.keySeparator)
        try json.append(entries[index].value, budget, level: level + 1)
      }
    default: throw TemplateFault.type("a value that JSON has", value)
    }
  }

  private mutating func append(
    _ count: Int, _ opening: String, _ closing: String, _ budget: TemplateBudget, _ level: Int,
    _ element: (inout TemplateJSON, Int) throws(TemplateFault) -> Void
  ) throws(TemplateFault) {
    text.append(opening)
    for index in 0..<count {
      if index > 0 { text.append(itemSeparator) }
      breakLine(level + 1)
      try element(&self, index)
    }
    if count > 0 { breakLine(level) }
    text.append(closing)
  }

  private mutating func breakLine(_ level: Int) {
    guard let indentation else { return }
    text.append("\n")
    for _ in 0..<level { text.append(indentation) }
  }

  private mutating func append(quoted value: TemplateText) {
    text.append("\"")
    for unit in value.units {
      let mark = unit & TemplateText.contentBit
      func escape(_ escaped: String) { text.units += escaped.unicodeScalars.map { $0.value | mark } }
      switch TemplateText.codePoint(unit) {
      case 0x22: escape("\\\"")
      case 0x5C: escape("\\\\")
      case 0xA: escape("\\n")
      case 0xD: escape("\\r")
      case 9: escape("\\t")
      case 0xC: escape("\\f")
      case 8: escape("\\b")
      case let point where point < 0x20 || (escapesNonASCII && point > 0x7E):
        for half in "\(TemplateText.scalar(unit))".utf16 {
          let digits = String(half, radix: 16)
          escape("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
        }
      default: text.units.append(unit)
      }
    }
    text.append("\"")
  }

  private static func spelled(_ value: Double) -> String {
    value.isNaN ? "NaN" : value.isInfinite ? value < 0 ? "-Infinity" : "Infinity" : "\(value)"
  }

  private static func key(_ key: TemplateValue) throws(TemplateFault) -> TemplateText {
    switch key {
    case .text(let text): text
    case .none: TemplateText("null")
    case .boolean(let value): TemplateText(value ? "true" : "false")
    case .integer(let value): TemplateText("\(value)")
    case .number(let value): TemplateText(spelled(value))
    default: throw TemplateFault.type("a key that JSON has", key)
    }
  }

  private func sorted(_ entries: [TemplateMapping.Entry]) throws(TemplateFault) -> [TemplateMapping.Entry] {
    var keys: [TemplateText] = []
    for entry in entries {
      guard case .text(let key) = entry.key else { throw TemplateFault.type("text as key to sort by", entry.key) }
      keys.append(key)
    }
    return keys.indices.sorted { keys[$0] < keys[$1] }.map { entries[$0] }
  }
}
