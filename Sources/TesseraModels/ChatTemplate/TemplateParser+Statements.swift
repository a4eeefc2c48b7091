/// Blocks.
extension TemplateParser {
  /// The block whose name the parser is at, to its end. A block that only marks its body gives the body's statements.
  mutating func statement(_ name: String) throws(TemplateFault) -> [TemplateStatement] {
    let place = token.place
    try advance()
    switch name {
    case "if": return [try branch()]
    case "for": return [.loop(try loop())]
    case "set": return [try assignment()]
    case "macro": return [.macro(try macro())]
    case "filter":
      let filters = try filterChain(first: true)
      try expect(.blockEnd)
      return [.capture(nil, try closedBody("endfilter"), filters: filters)]
    case "generation":
      // Marks what training takes; its body has a scope of its own.
      try expect(.blockEnd)
      return [.capture(nil, try closedBody("endgeneration"), filters: [])]
    case "break", "continue":
      try expect(.blockEnd)
      return [name == "break" ? .breakLoop : .continueLoop]
    default:
      throw TemplateFault.unknown("block", name, at: place)
    }
  }

  /// The body up to the block that ends it, and that block.
  private mutating func closedBody(_ end: String) throws(TemplateFault) -> [TemplateStatement] {
    let statements = try body(until: [end])
    try advance()
    try expect(.blockEnd)
    return statements
  }

  private mutating func branch() throws(TemplateFault) -> TemplateStatement {
    var branches: [TemplateBranch] = []
    while true {
      let condition = try tuple(takesCondition: false)
      try expect(.blockEnd)
      branches.append(TemplateBranch(condition: condition, body: try body(until: ["elif", "else", "endif"])))
      if try skip(.name("elif")) { continue }
      let hasElse = try skip(.name("else"))
      if hasElse { try expect(.blockEnd) } else { try advance() }
      let otherwise = hasElse ? try closedBody("endif") : []
      if !hasElse { try expect(.blockEnd) }
      return .branch(branches, otherwise: otherwise)
    }
  }

  private mutating func loop() throws(TemplateFault) -> TemplateLoop {
    let target = try self.target(takesAttribute: false)
    try expect(.name("in"))
    let items = try tuple(takesCondition: false)
    let filter = try skip(.name("if")) ? try expression() : nil
    if isAt(name: "recursive") { throw TemplateFault.unknown("loop", "recursive", at: token.place) }
    try expect(.blockEnd)
    let statements = try body(until: ["else", "endfor"])
    var otherwise: [TemplateStatement] = []
    if try skip(.name("else")) {
      try expect(.blockEnd)
      otherwise = try closedBody("endfor")
    } else {
      try advance()
      try expect(.blockEnd)
    }
    return TemplateLoop(target: target, items: items, filter: filter, body: statements, otherwise: otherwise)
  }

  private mutating func assignment() throws(TemplateFault) -> TemplateStatement {
    let target = try self.target(takesAttribute: true)
    if try skip("=") {
      let value = try tuple()
      try expect(.blockEnd)
      return .assignment(target, value)
    }
    let filters = try filterChain(first: false)
    try expect(.blockEnd)
    return .capture(target, try closedBody("endset"), filters: filters)
  }

  private mutating func macro() throws(TemplateFault) -> TemplateMacro {
    let name = try expectName()
    var parameters: [(name: String, value: TemplateExpression?)] = []
    try expect(.sign("("))
    while !isAt(")") {
      if !parameters.isEmpty { try expect(.sign(",")) }
      let place = token.place
      let parameter = try assignableName()
      let value = try skip("=") ? try expression() : nil
      if value == nil, parameters.last?.value != nil {
        throw TemplateFault.syntax("a default value", "none", at: place)
      }
      guard parameters.count < TemplateBudget.arguments else {
        throw TemplateFault.bound("\(TemplateBudget.arguments) parameters of a macro", "more").at(token.place)
      }
      parameters.append((parameter, value))
    }
    try advance()
    try expect(.blockEnd)
    return TemplateMacro(name: name, parameters: parameters, body: try closedBody("endmacro"))
  }

  private mutating func target(takesAttribute: Bool) throws(TemplateFault) -> TemplateTarget {
    let place = token.place
    let isBracketed = try skip("(")
    let first = try assignableName()
    if takesAttribute, !isBracketed, try skip(".") {
      return TemplateTarget(kind: .attribute(first, try expectName()), place: place)
    }
    var names = [first]
    var isTuple = false
    while try skip(",") {
      isTuple = true
      guard case .name = token.kind, !isAt(name: "in") else { break }
      names.append(try assignableName())
    }
    if isBracketed { try expect(.sign(")")) }
    return TemplateTarget(kind: isTuple ? .names(names) : .name(first), place: place)
  }

  private mutating func assignableName() throws(TemplateFault) -> String {
    let place = token.place
    let name = try expectName()
    guard Self.constants[name] == nil else { throw TemplateFault.syntax("a name", "\"\(name)\"", at: place) }
    return name
  }

  /// `a | b(c)`; with `first`, the first filter stands without its bar.
  private mutating func filterChain(first: Bool) throws(TemplateFault) -> [TemplateFilterCall] {
    var filters: [TemplateFilterCall] = []
    while first && filters.isEmpty ? true : try skip("|") {
      let place = token.place
      let name = try dottedName()
      let arguments = isAt("(") ? try argumentList() : TemplateArgumentList()
      filters.append(TemplateFilterCall(name: name, arguments: arguments, place: place))
    }
    return filters
  }
}
