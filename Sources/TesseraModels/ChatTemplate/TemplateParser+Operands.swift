/// What binds most: literals, names, access, calls, filters and tests.
extension TemplateParser {
  mutating func primary() throws(TemplateFault) -> TemplateExpression {
    let place = token.place
    switch token.kind {
    case .name(let name):
      try advance()
      return try TemplateExpression(Self.constants[name].map { .literal($0) } ?? .name(name), at: place, over: [])
    case .string(var text):
      try advance()
      // Strings beside each other are one.
      while case .string(let more) = token.kind {
        text.append(more)
        try advance()
      }
      return try literal(.text(text), place)
    case .integer(let value):
      try advance()
      return try literal(.integer(value), place)
    case .number(let value):
      try advance()
      return try literal(.number(value), place)
    case .sign("("):
      try advance()
      if try skip(")") { return try TemplateExpression(.list([], isTuple: true), at: place, over: []) }
      let value = try nested { parser throws(TemplateFault) in try parser.tuple() }
      try expect(.sign(")"))
      return value
    case .sign("["):
      try advance()
      let elements = try expressions(until: "]")
      return try TemplateExpression(.list(elements, isTuple: false), at: place, over: elements)
    case .sign("{"):
      try advance()
      return try mapping(at: place)
    default:
      throw TemplateFault.syntax("an expression", token.described, at: place)
    }
  }

  private func literal(_ value: TemplateValue, _ place: TemplatePlace) throws(TemplateFault) -> TemplateExpression {
    try TemplateExpression(.literal(value), at: place, over: [])
  }

  private mutating func expressions(until end: String) throws(TemplateFault) -> [TemplateExpression] {
    var elements: [TemplateExpression] = []
    while !isAt(end) {
      if !elements.isEmpty { try expect(.sign(",")) }
      if isAt(end) { break }
      elements.append(try expression())
    }
    try advance()
    return elements
  }

  private mutating func mapping(at place: TemplatePlace) throws(TemplateFault) -> TemplateExpression {
    var (keys, values): ([TemplateExpression], [TemplateExpression]) = ([], [])
    while !isAt("}") {
      if !keys.isEmpty { try expect(.sign(",")) }
      if isAt("}") { break }
      keys.append(try expression())
      try expect(.sign(":"))
      values.append(try expression())
    }
    try advance()
    return try TemplateExpression(.mapping(keys, values), at: place, over: keys + values)
  }

  /// Attributes, items and calls behind a value.
  mutating func withAccesses(_ value: TemplateExpression) throws(TemplateFault) -> TemplateExpression {
    var value = value
    while true {
      let place = token.place
      if isAt("(") {
        value = try call(value)
      } else if try skip("[") {
        value = try item(of: value, at: place)
        try expect(.sign("]"))
      } else if try skip(".") {
        if case .integer(let index) = token.kind {
          try advance()
          value = try TemplateExpression(.item(value, try literal(.integer(index), place)), at: place, over: [value])
        } else {
          let name = try expectName()
          value = try TemplateExpression(.attribute(value, name), at: place, over: [value])
        }
      } else {
        return value
      }
    }
  }

  private mutating func call(_ value: TemplateExpression) throws(TemplateFault) -> TemplateExpression {
    let place = token.place
    let arguments = try argumentList()
    return try TemplateExpression(.call(value, arguments), at: place, over: [value] + arguments.expressions)
  }

  /// Filters, tests, and calls of what they give.
  mutating func withFilters(_ value: TemplateExpression) throws(TemplateFault) -> TemplateExpression {
    var value = value
    while true {
      if try skip("|") {
        let place = token.place
        let name = try dottedName()
        let arguments = isAt("(") ? try argumentList() : TemplateArgumentList()
        value = try TemplateExpression(
          .filter(value, name, arguments), at: place, over: [value] + arguments.expressions)
      } else if try skip(.name("is")) {
        value = try test(of: value)
      } else if isAt("(") {
        value = try call(value)
      } else {
        return value
      }
    }
  }

  private mutating func test(of value: TemplateExpression) throws(TemplateFault) -> TemplateExpression {
    let isNegated = try skip(.name("not"))
    let place = token.place
    let name = try dottedName()
    var arguments = TemplateArgumentList()
    if isAt("(") {
      arguments = try argumentList()
    } else if takesTestOperand {
      arguments.positional = [try withAccesses(try primary())]
    }
    return try TemplateExpression(
      .test(value, name, arguments, isNegated: isNegated), at: place, over: [value] + arguments.expressions)
  }

  /// Whether what stands behind a test's name is its operand.
  private var takesTestOperand: Bool {
    switch token.kind {
    case .string, .integer, .number, .sign("["), .sign("{"): true
    case .name(let name): !["else", "or", "and"].contains(name)
    default: false
    }
  }

  private mutating func item(
    of value: TemplateExpression, at place: TemplatePlace
  ) throws(TemplateFault) -> TemplateExpression {
    var parts: [TemplateExpression?] = []
    var isSlice = false
    while true {
      parts.append(isAt(":") || isAt("]") ? nil : try expression())
      guard parts.count < 3, try skip(":") else { break }
      isSlice = true
    }
    if isSlice {
      return try TemplateExpression(.slice(value, parts), at: place, over: [value] + parts.compactMap(\.self))
    }
    guard let key = parts[0] else { throw TemplateFault.syntax("an item", token.described, at: place) }
    guard !isAt(",") else { throw TemplateFault.unknown("item", ",", at: token.place) }
    return try TemplateExpression(.item(value, key), at: place, over: [value, key])
  }

  mutating func argumentList() throws(TemplateFault) -> TemplateArgumentList {
    var list = TemplateArgumentList()
    try expect(.sign("("))
    while !isAt(")") {
      if !list.positional.isEmpty || !list.named.isEmpty { try expect(.sign(",")) }
      if isAt(")") { break }
      let place = token.place
      if isAt("*") || isAt("**") { throw TemplateFault.unknown("argument", "*", at: place) }
      if case .name(let name) = token.kind, try next() == .sign("=") {
        try advance()
        try advance()
        guard !list.named.contains(where: { $0.name == name }) else {
          throw TemplateFault.syntax("an argument once", "\"\(name)\" twice", at: place)
        }
        guard list.named.count < TemplateBudget.arguments else {
          throw TemplateFault.bound("\(TemplateBudget.arguments) arguments with names", "more").at(place)
        }
        list.named.append((name, try expression()))
      } else if list.named.isEmpty {
        list.positional.append(try expression())
      } else {
        throw TemplateFault.syntax("an argument with a name", token.described, at: place)
      }
    }
    try advance()
    return list
  }

  /// The name of a filter or test.
  mutating func dottedName() throws(TemplateFault) -> String {
    var name = try expectName()
    while try skip(".") { name += "." + (try expectName()) }
    return name
  }
}
