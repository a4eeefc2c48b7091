/// Filters that go through elements.
extension TemplateRenderer {
  func filtered(
    elementsOf value: TemplateValue, _ name: String, _ arguments: TemplateArguments
  ) throws(TemplateFault) -> TemplateValue {
    switch name {
    case "first":
      _ = try arguments.bound(to: [], of: name)
      if case .stream(let index) = value { return streams[index].popFirst() ?? .undefined("the first of nothing") }
      return try elements(of: value).first ?? .undefined("the first of nothing")
    case "last":
      _ = try arguments.bound(to: [], of: name)
      if case .stream = value { throw TemplateFault.type("a list to take the last of", value) }
      return try elements(of: value).last ?? .undefined("the last of nothing")
    case "list":
      _ = try arguments.bound(to: [], of: name)
      return .list(try TemplateList(try elements(of: value)))
    case "items":
      _ = try arguments.bound(to: [], of: name)
      if case .undefined = value { return try stream([]) }
      guard case .mapping(let mapping) = value else { throw TemplateFault.type("a mapping for items", value) }
      return try stream(try pairs(of: mapping))
    case "reverse":
      _ = try arguments.bound(to: [], of: name)
      if case .text(let text) = value { return .text(text.with(text.units.reversed())) }
      return try stream(try elements(of: value).reversed())
    case "join":
      let given = try arguments.bound(to: ["d", "attribute"], of: name)
      let separator = try text(of: given[0] ?? .text(""))
      return .text(try joined(try attributes(given[1], of: elements(of: value)), by: separator))
    case "map": return try mapped(value, arguments)
    case "select", "reject": return try selected(value, name, arguments, isAttribute: false)
    case "selectattr", "rejectattr": return try selected(value, name, arguments, isAttribute: true)
    case "sort", "unique", "dictsort": return try ordered(value, name, arguments)
    default: throw TemplateFault.unknown("filter", name)
    }
  }

  /// `map`: an attribute of each element, or what a filter makes of it.
  private func mapped(_ value: TemplateValue, _ arguments: TemplateArguments) throws(TemplateFault) -> TemplateValue {
    var result: [TemplateValue] = []
    // Whatever is false has no elements for Jinja, also what could not be gone through.
    if !value.isTrue { return try stream([]) }
    if arguments.positional.isEmpty {
      let given = try arguments.bound(to: ["attribute", "default"], of: "map")
      guard given[0] != nil else { throw TemplateFault(expected: "a filter or attribute to map with", actual: "none") }
      return try stream(try attributes(given[0], of: elements(of: value), missing: given[1]))
    }
    guard case .text(let filter) = arguments.positional[0] else {
      throw TemplateFault.type("a filter's name to map with", arguments.positional[0])
    }
    let rest = TemplateArguments(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
    for element in try elements(of: value) { result.append(try nestedFilter(element, filter.string, rest)) }
    return try stream(result)
  }

  private func nestedFilter(
    _ element: TemplateValue, _ name: String, _ arguments: TemplateArguments
  ) throws(TemplateFault) -> TemplateValue {
    try nested(nil) { () throws(TemplateFault) in
      try budget.charge(1)
      return try filtered(element, name, arguments)
    }
  }

  private func selected(
    _ value: TemplateValue, _ name: String, _ arguments: TemplateArguments, isAttribute: Bool
  ) throws(TemplateFault) -> TemplateValue {
    var rest = arguments
    let path = isAttribute ? rest.positional.isEmpty ? nil : rest.positional.removeFirst() : nil
    if isAttribute, path == nil { throw TemplateFault(expected: "an attribute for \(name)", actual: "none") }
    let test = rest.positional.isEmpty ? nil : rest.positional.removeFirst()
    var kept: [TemplateValue] = []
    for element in value.isTrue ? try elements(of: value) : [] {
      try budget.charge(1)
      let tested = try path.map { path throws(TemplateFault) in try attribute(path, of: element) } ?? element
      var holds = tested.isTrue
      if let test {
        guard case .text(let testName) = test else { throw TemplateFault.type("a test's name for \(name)", test) }
        holds = try self.test(tested, testName.string, rest)
      }
      if holds == name.hasPrefix("select") { kept.append(element) }
    }
    return try stream(kept)
  }

  /// The attribute of each element that `path` names; without a path, the elements.
  func attributes(
    _ path: TemplateValue?, of elements: [TemplateValue], missing: TemplateValue? = nil
  ) throws(TemplateFault) -> [TemplateValue] {
    guard let path else { return elements }
    if case .none = path { return elements }
    var values: [TemplateValue] = []
    for element in elements {
      try budget.charge(1)
      let value = try attribute(path, of: element)
      if let missing, case .undefined = value { values.append(missing) } else { values.append(value) }
    }
    return values
  }

  /// `a.b.0`: items of items.
  private func attribute(_ path: TemplateValue, of element: TemplateValue) throws(TemplateFault) -> TemplateValue {
    guard case .text(let path) = path else { return try item(path, of: element) }
    try budget.charge(path.count)
    var value = element
    for part in path.split(TemplateText("."), limit: .max) {
      value = try item(Int(part.string).map { .integer($0) } ?? .text(part), of: value)
    }
    return value
  }
}
