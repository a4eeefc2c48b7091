/// The values of expressions.
extension TemplateRenderer {
  func evaluate(_ expression: TemplateExpression, _ scope: TemplateScope) throws(TemplateFault) -> TemplateValue {
    do {
      return try nested(expression.place) { () throws(TemplateFault) in
        try budget.charge(1)
        return try value(of: expression, scope)
      }
    } catch { throw error.at(expression.place) }
  }

  private func value(of expression: TemplateExpression, _ scope: TemplateScope) throws(TemplateFault) -> TemplateValue {
    switch expression.kind {
    case .literal(let value): return value
    case .name(let name): return scope.find(name) ?? .undefined(name)
    case .list(let elements, let isTuple):
      return .list(try TemplateList(try values(of: elements, scope), isTuple ? .tuple : .list))
    case .mapping(let keys, let values): return try mapping(keys, values, scope)
    case .attribute(let operand, let name): return try attribute(name, of: try evaluate(operand, scope))
    case .item(let operand, let key):
      let container = try evaluate(operand, scope)
      return try item(try evaluate(key, scope), of: container)
    case .slice(let operand, let parts): return try slice(operand, parts, scope)
    case .call(let callee, let arguments): return try call(callee, arguments, scope)
    case .filter(let operand, let name, let list):
      let value = try evaluate(operand, scope)
      return try filtered(value, name, try arguments(list, scope))
    case .test(let operand, let name, let list, let isNegated):
      let value = try evaluate(operand, scope)
      return .boolean(try test(value, name, try arguments(list, scope)) != isNegated)
    default: return try operation(expression, scope)
    }
  }

  private func operation(
    _ expression: TemplateExpression, _ scope: TemplateScope
  ) throws(TemplateFault) -> TemplateValue {
    switch expression.kind {
    case .not(let operand): return .boolean(!(try evaluate(operand, scope).isTrue))
    case .sign(let operand, let isNegative):
      return try TemplateNumber(evaluate(operand, scope), "sign").signed(isNegative)
    case .arithmetic(let operation, let left, let right):
      let first = try evaluate(left, scope)
      return try arithmetic(operation, first, try evaluate(right, scope))
    case .concatenation(let parts):
      var result = TemplateText()
      for part in parts {
        let text = try self.text(of: try evaluate(part, scope))
        try budget.charge(text.count)
        result.append(text)
      }
      return .text(result)
    case .comparison(let first, let others):
      var left = try evaluate(first, scope)
      for (comparison, operand) in others {
        let right = try evaluate(operand, scope)
        guard try compare(left, comparison, right) else { return .boolean(false) }
        left = right
      }
      return .boolean(true)
    case .and(let left, let right):
      let value = try evaluate(left, scope)
      return value.isTrue ? try evaluate(right, scope) : value
    case .or(let left, let right):
      let value = try evaluate(left, scope)
      return value.isTrue ? value : try evaluate(right, scope)
    case .condition(let condition, let then, let otherwise):
      if try evaluate(condition, scope).isTrue { return try evaluate(then, scope) }
      guard let otherwise else { return .undefined("the inline if expression without else") }
      return try evaluate(otherwise, scope)
    default: preconditionFailure("an expression that is no operation")
    }
  }

  private func values(
    of expressions: [TemplateExpression], _ scope: TemplateScope
  ) throws(TemplateFault) -> [TemplateValue] {
    var values: [TemplateValue] = []
    for expression in expressions { values.append(try evaluate(expression, scope)) }
    return values
  }

  func arguments(_ list: TemplateArgumentList, _ scope: TemplateScope) throws(TemplateFault) -> TemplateArguments {
    var arguments = TemplateArguments(positional: try values(of: list.positional, scope))
    for (name, expression) in list.named { arguments.named.append((name, try evaluate(expression, scope))) }
    return arguments
  }

  private func mapping(
    _ keys: [TemplateExpression], _ values: [TemplateExpression], _ scope: TemplateScope
  ) throws(TemplateFault) -> TemplateValue {
    // Each key is compared with those before it.
    try budget.charge(keys.count, times: keys.count / 8 + 1)
    var entries: [TemplateMapping.Entry] = []
    for (key, value) in zip(keys, values) {
      let name = try evaluate(key, scope)
      entries.append((name, try evaluate(value, scope)))
    }
    return .mapping(try TemplateMapping(entries))
  }

  private func call(
    _ callee: TemplateExpression, _ list: TemplateArgumentList, _ scope: TemplateScope
  ) throws(TemplateFault) -> TemplateValue {
    if case .attribute(let operand, let name) = callee.kind {
      let receiver = try evaluate(operand, scope)
      let arguments = try self.arguments(list, scope)
      do {
        return try method(name, of: receiver, arguments)
      } catch { throw error.at(callee.place) }
    }
    let function = try evaluate(callee, scope)
    let arguments = try self.arguments(list, scope)
    switch function {
    case .function(let function): return try call(function, arguments)
    case .macro(let index): return try call(macro: index, arguments)
    case .undefined(let name): throw TemplateFault.unknown("function", name)
    default: throw TemplateFault.type("a function or macro to call", function)
    }
  }

  private func call(macro index: Int, _ arguments: TemplateArguments) throws(TemplateFault) -> TemplateValue {
    let (macro, scope) = macros[index]
    try budget.charge(16)
    let inner = TemplateScope(parent: scope)
    let given = try arguments.bound(to: macro.parameters.map(\.name), of: "macro \(macro.name)")
    for (parameter, value) in zip(macro.parameters, given) {
      if let value {
        inner.values[parameter.name] = value
      } else if let value = parameter.value {
        inner.values[parameter.name] = try evaluate(value, inner)
      } else {
        inner.values[parameter.name] = .undefined(parameter.name)
      }
    }
    return .text(try captured(macro.body, inner))
  }
}

/// What a call, a filter or a test was given.
struct TemplateArguments {
  var positional: [TemplateValue] = []
  var named: [(name: String, value: TemplateValue)] = []

  /// The values by parameter; nil where one is not given. Throws where there are others.
  func bound(to parameters: [String], of what: String) throws(TemplateFault) -> [TemplateValue?] {
    guard positional.count <= parameters.count else {
      throw TemplateFault(expected: "at most \(parameters.count) arguments of \(what)", actual: "\(positional.count)")
    }
    var values = positional.map { Optional($0) }
    values += [TemplateValue?](repeating: nil, count: parameters.count - positional.count)
    for (name, value) in named {
      guard let index = parameters.firstIndex(of: name), values[index] == nil else {
        throw TemplateFault.unknown("argument of \(what)", name)
      }
      values[index] = value
    }
    return values
  }
}
