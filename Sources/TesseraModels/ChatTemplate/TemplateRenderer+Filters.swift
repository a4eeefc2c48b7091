/// Filters: what stands behind `|`.
extension TemplateRenderer {
  func filtered(
    _ value: TemplateValue, _ name: String, _ arguments: TemplateArguments
  ) throws(TemplateFault) -> TemplateValue {
    switch name {
    case "default", "d":
      let given = try arguments.bound(to: ["default_value", "boolean"], of: name)
      let takesFalse = given[1]?.isTrue ?? false
      if case .undefined = value { return given[0] ?? .text("") }
      return takesFalse && !value.isTrue ? given[0] ?? .text("") : value
    case "length", "count":
      _ = try arguments.bound(to: [], of: name)
      return .integer(try count(of: value))
    case "int", "float": return try number(value, name, arguments)
    case "abs": return try absolute(value, arguments)
    case "tojson": return try json(value, arguments)
    case "indent":
      guard case .text(let text) = value else { throw TemplateFault.type("text to indent", value) }
      try budget.charge(text.count)
      return .text(try indented(text, arguments))
    case "trim", "upper", "lower", "title", "capitalize", "string", "safe", "replace":
      return try filtered(text: try textToFilter(value), name, arguments)
    default: return try filtered(elementsOf: value, name, arguments)
    }
  }

  /// The text that filters of texts see.
  private func textToFilter(_ value: TemplateValue) throws(TemplateFault) -> TemplateText {
    let text = try text(of: value)
    try budget.charge(text.count)
    return text
  }

  private func count(of value: TemplateValue) throws(TemplateFault) -> Int {
    switch value {
    case .undefined: return 0
    case .text(let text): return text.count
    case .list(let list): return list.elements.count
    case .mapping(let mapping): return mapping.entries.count
    case .loop(let loop): return loop.items.count
    default: throw TemplateFault.type("text, a list or a mapping to count", value)
    }
  }

  private func filtered(
    text: TemplateText, _ name: String, _ arguments: TemplateArguments
  ) throws(TemplateFault) -> TemplateValue {
    switch name {
    case "trim": return .text(text.trimmed(try arguments.text(0, ["chars"], of: name)))
    case "replace":
      let names = ["old", "new", "count"]
      guard let old = try arguments.text(0, names, of: name), let new = try arguments.text(1, names, of: name) else {
        throw TemplateFault(expected: "two texts for replace", actual: "fewer")
      }
      return .text(try replaced(text, old, new, limit: arguments.count(2, names, of: name)))
    default: break
    }
    _ = try arguments.bound(to: [], of: name)
    switch name {
    case "upper": return .text(text.uppercased)
    case "lower": return .text(text.lowercased)
    case "title": return .text(text.titledWords)
    case "capitalize": return .text(text.capitalized)
    case "safe": return .text(TemplateText(units: text.units, isMarkup: true))
    default: return .text(text)
    }
  }

  /// Lines after the first begin with blanks; empty ones do not, unless asked for.
  private func indented(_ text: TemplateText, _ arguments: TemplateArguments) throws(TemplateFault) -> TemplateText {
    let given = try arguments.bound(to: ["width", "first", "blank"], of: "indent")
    let indentation: TemplateText
    switch given[0] ?? .integer(4) {
    case .integer(let width): indentation = try blanks(width)
    case .text(let text): indentation = text
    case let other: throw TemplateFault.type("a width or text for indent", other)
    }
    let (indentsFirst, indentsBlank) = (given[1]?.isTrue ?? false, given[2]?.isTrue ?? false)
    // As Jinja has it, a line break is added before the lines are taken apart.
    let lines = text.with(text.units + [0xA]).lines()
    try budget.charge(lines.count, times: indentation.count + 1)
    var result = text.with([])
    if indentsFirst { result.append(indentation) }
    for (index, line) in lines.enumerated() {
      if index > 0 {
        result.append("\n")
        if indentsBlank || !line.isEmpty { result.append(indentation) }
      }
      result.append(line)
    }
    return result
  }

  private func blanks(_ width: Int) throws(TemplateFault) -> TemplateText {
    try budget.charge(max(width, 0))
    return TemplateText(units: [UInt32](repeating: 0x20, count: max(width, 0)))
  }

  private func json(_ value: TemplateValue, _ arguments: TemplateArguments) throws(TemplateFault) -> TemplateValue {
    let given = try arguments.bound(to: ["ensure_ascii", "indent", "separators", "sort_keys"], of: "tojson")
    var indentation: TemplateText?
    switch given[1] ?? .none {
    case .none: break
    case .integer(let width): indentation = try blanks(width)
    case .text(let text): indentation = text
    case let other: throw TemplateFault.type("a width or text to indent JSON with", other)
    }
    var separators: (TemplateText, TemplateText)?
    switch given[2] ?? .none {
    case .none: break
    case .list(let list):
      guard list.elements.count == 2, case .text(let item) = list.elements[0], case .text(let key) = list.elements[1]
      else { throw TemplateFault.type("two separators of JSON", .list(list)) }
      separators = (item, key)
    case let other: throw TemplateFault.type("two separators of JSON", other)
    }
    var json = TemplateJSON(indentation: indentation, separators: separators)
    json.escapesNonASCII = given[0]?.isTrue ?? false
    json.sortsKeys = given[3]?.isTrue ?? false
    try json.append(value, budget)
    try budget.charge(json.text.count)
    return .text(json.text)
  }
}
