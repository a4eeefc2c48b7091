/// Expressions, from what binds least to what binds most.
extension TemplateParser {
  static let constants: [String: TemplateValue] = [
    "true": .boolean(true), "True": .boolean(true), "false": .boolean(false), "False": .boolean(false),
    "none": .none, "None": .none,
  ]

  /// An expression, or several with commas between them, which are a tuple.
  mutating func tuple(takesCondition: Bool = true) throws(TemplateFault) -> TemplateExpression {
    let place = token.place
    let first = takesCondition ? try expression() : try disjunction()
    guard isAt(",") else { return first }
    var elements = [first]
    while try skip(","), !endsTuple { elements.append(takesCondition ? try expression() : try disjunction()) }
    return try TemplateExpression(.list(elements, isTuple: true), at: place, over: elements)
  }

  private var endsTuple: Bool { [.outputEnd, .blockEnd, .sign(")")].contains(token.kind) }

  mutating func expression() throws(TemplateFault) -> TemplateExpression {
    try nested { parser throws(TemplateFault) in
      var value = try parser.disjunction()
      while parser.isAt(name: "if") {
        let place = parser.token.place
        try parser.advance()
        let condition = try parser.disjunction()
        let otherwise = try parser.skip(.name("else")) ? try parser.expression() : nil
        value = try TemplateExpression(
          .condition(condition, then: value, otherwise: otherwise), at: place,
          over: [condition, value] + (otherwise.map { [$0] } ?? []))
      }
      return value
    }
  }

  private mutating func disjunction() throws(TemplateFault) -> TemplateExpression {
    var left = try conjunction()
    while isAt(name: "or") {
      let place = token.place
      try advance()
      let right = try conjunction()
      left = try TemplateExpression(.or(left, right), at: place, over: [left, right])
    }
    return left
  }

  private mutating func conjunction() throws(TemplateFault) -> TemplateExpression {
    var left = try negation()
    while isAt(name: "and") {
      let place = token.place
      try advance()
      let right = try negation()
      left = try TemplateExpression(.and(left, right), at: place, over: [left, right])
    }
    return left
  }

  private mutating func negation() throws(TemplateFault) -> TemplateExpression {
    let place = token.place
    guard try skip(.name("not")) else { return try comparison() }
    let operand = try nested { parser throws(TemplateFault) in try parser.negation() }
    return try TemplateExpression(.not(operand), at: place, over: [operand])
  }

  private mutating func comparison() throws(TemplateFault) -> TemplateExpression {
    let place = token.place
    let first = try sum()
    var others: [(TemplateComparison, TemplateExpression)] = []
    while let comparison = try comparisonSign() { others.append((comparison, try sum())) }
    guard !others.isEmpty else { return first }
    return try TemplateExpression(.comparison(first, others), at: place, over: [first] + others.map(\.1))
  }

  private mutating func comparisonSign() throws(TemplateFault) -> TemplateComparison? {
    if case .sign(let sign) = token.kind, let comparison = TemplateComparison(rawValue: sign) {
      try advance()
      return comparison
    }
    if try skip(.name("in")) { return .isIn }
    guard isAt(name: "not"), try next() == .name("in") else { return nil }
    try advance()
    try advance()
    return .isNotIn
  }

  private mutating func sum() throws(TemplateFault) -> TemplateExpression {
    var left = try concatenation()
    while let operation = try arithmeticSign("+", "-") {
      let right = try concatenation()
      left = try TemplateExpression(
        .arithmetic(operation.0, left, right), at: operation.1, over: [left, right])
    }
    return left
  }

  private mutating func concatenation() throws(TemplateFault) -> TemplateExpression {
    let place = token.place
    var parts = [try product()]
    while try skip("~") { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : try TemplateExpression(.concatenation(parts), at: place, over: parts)
  }

  private mutating func product() throws(TemplateFault) -> TemplateExpression {
    var left = try power()
    while let operation = try arithmeticSign("*", "/", "//", "%") {
      let right = try power()
      left = try TemplateExpression(
        .arithmetic(operation.0, left, right), at: operation.1, over: [left, right])
    }
    return left
  }

  private mutating func power() throws(TemplateFault) -> TemplateExpression {
    var left = try unary()
    while let operation = try arithmeticSign("**") {
      let right = try unary()
      left = try TemplateExpression(
        .arithmetic(operation.0, left, right), at: operation.1, over: [left, right])
    }
    return left
  }

  private mutating func arithmeticSign(
    _ signs: String...
  ) throws(TemplateFault) -> (TemplateArithmetic, TemplatePlace)? {
    guard case .sign(let sign) = token.kind, signs.contains(sign), let operation = TemplateArithmetic(rawValue: sign)
    else { return nil }
    let place = token.place
    try advance()
    return (operation, place)
  }

  private mutating func unary(takesFilters: Bool = true) throws(TemplateFault) -> TemplateExpression {
    let place = token.place
    var value: TemplateExpression
    if isAt("-") || isAt("+") {
      let isNegative = isAt("-")
      try advance()
      let operand = try nested { parser throws(TemplateFault) in try parser.unary(takesFilters: false) }
      value = try TemplateExpression(.sign(operand, isNegative: isNegative), at: place, over: [operand])
    } else {
      value = try primary()
    }
    value = try withAccesses(value)
    return takesFilters ? try withFilters(value) : value
  }
}
