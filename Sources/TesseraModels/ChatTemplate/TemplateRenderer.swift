/// Runs a template's statements, within a budget.
final class TemplateRenderer {
  let budget: TemplateBudget
  /// What `strftime_now` gives for a format.
  let clock: (String) -> String?
  var namespaces: [[(name: String, value: TemplateValue)]] = []
  var macros: [(macro: TemplateMacro, scope: TemplateScope)] = []
  var streams: [ArraySlice<TemplateValue>] = []
  /// What has been written; a captured body writes to one of its own.
  var output = TemplateText()
  private var depth = 0
  private var loopLevel = 0

  init(budget: TemplateBudget, clock: @escaping (String) -> String?) {
    self.budget = budget
    self.clock = clock
  }

  enum Flow { case onward, breakLoop, continueLoop }

  /// Renders a whole template with these names.
  func render(_ statements: [TemplateStatement], _ names: [String: TemplateValue]) throws(TemplateFault) -> TemplateText
  {
    let globals = TemplateScope(parent: nil)
    for function in TemplateFunction.allCases { globals.values[function.rawValue] = .function(function) }
    globals.values.merge(names) { $1 }
    _ = try run(statements, TemplateScope(parent: globals))
    return output
  }

  /// Does what lies within other work of its kind; the stack is bounded by it.
  func nested<Result>(
    _ place: TemplatePlace?, _ work: () throws(TemplateFault) -> Result
  ) throws(TemplateFault) -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth <= TemplateBudget.callDepth else {
      var fault = TemplateFault.bound("\(TemplateBudget.callDepth) expressions and calls within each other", "more")
      fault.place = place
      throw fault
    }
    return try work()
  }

  func write(_ text: TemplateText) throws(TemplateFault) {
    try budget.charge(text.count)
    output.append(text)
  }

  func run(_ statements: [TemplateStatement], _ scope: TemplateScope) throws(TemplateFault) -> Flow {
    try nested(nil) { () throws(TemplateFault) in
      for statement in statements {
        let flow = try run(statement, scope)
        if flow != .onward { return flow }
      }
      return .onward
    }
  }

  private func run(_ statement: TemplateStatement, _ scope: TemplateScope) throws(TemplateFault) -> Flow {
    try budget.charge(1)
    switch statement {
    case .text(let text): try write(text)
    case .output(let expression):
      let value = try evaluate(expression, scope)
      do { try write(try text(of: value)) } catch { throw error.at(expression.place) }
    case .branch(let branches, let otherwise):
      for branch in branches where try evaluate(branch.condition, scope).isTrue { return try run(branch.body, scope) }
      return try run(otherwise, scope)
    case .loop(let loop): return try run(loop, scope)
    case .assignment(let target, let expression):
      try assign(try evaluate(expression, scope), to: target, scope)
    case .capture(let target, let body, let filters):
      var value = TemplateValue.text(try captured(body, TemplateScope(parent: scope)))
      for filter in filters { value = try applied(filter, to: value, scope) }
      if let target { try assign(value, to: target, scope) } else { try write(try text(of: value)) }
    case .macro(let macro):
      try budget.charge(16)
      macros.append((macro, scope))
      scope.values[macro.name] = .macro(macros.count - 1)
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    }
    return .onward
  }

  private func applied(
    _ filter: TemplateFilterCall, to value: TemplateValue, _ scope: TemplateScope
  ) throws(TemplateFault) -> TemplateValue {
    let arguments = try self.arguments(filter.arguments, scope)
    do { return try self.filtered(value, filter.name, arguments) } catch { throw error.at(filter.place) }
  }

  /// What a body writes, instead of writing it.
  func captured(_ body: [TemplateStatement], _ scope: TemplateScope) throws(TemplateFault) -> TemplateText {
    let outer = output
    output = TemplateText()
    defer { output = outer }
    _ = try run(body, scope)
    return output
  }

  private func run(_ loop: TemplateLoop, _ scope: TemplateScope) throws(TemplateFault) -> Flow {
    let found = try evaluate(loop.items, scope)
    var items: [TemplateValue]
    do { items = try elements(of: found) } catch { throw error.at(loop.items.place) }
    if let filter = loop.filter {
      var kept: [TemplateValue] = []
      for item in items {
        let inner = try iteration(loop.target, item, scope)
        if try evaluate(filter, inner).isTrue { kept.append(item) }
      }
      items = kept
    }
    guard !items.isEmpty else { return try run(loop.otherwise, TemplateScope(parent: scope)) }
    loopLevel += 1
    defer { loopLevel -= 1 }
    let itemDepth = items.reduce(0) { max($0, $1.depth) }
    for index in items.indices {
      let inner = try iteration(loop.target, items[index], scope)
      inner.values["loop"] = .loop(
        TemplateLoopState(items: items, index: index, level: loopLevel, depth: itemDepth))
      if try run(loop.body, inner) == .breakLoop { break }
    }
    return .onward
  }

  /// A scope for one turn of a loop.
  private func iteration(
    _ target: TemplateTarget, _ item: TemplateValue, _ scope: TemplateScope
  ) throws(TemplateFault) -> TemplateScope {
    try budget.charge(16)
    let inner = TemplateScope(parent: scope)
    try assign(item, to: target, inner)
    return inner
  }

  private func assign(
    _ value: TemplateValue, to target: TemplateTarget, _ scope: TemplateScope
  ) throws(TemplateFault) {
    switch target.kind {
    case .name(let name): scope.values[name] = value
    case .attribute(let name, let attribute):
      guard case .namespace(let index)? = scope.find(name) else {
        throw TemplateFault.type("a namespace to set \"\(attribute)\" of", scope.find(name) ?? .undefined(name))
          .at(target.place)
      }
      try budget.charge(namespaces[index].count)
      if let place = namespaces[index].firstIndex(where: { $0.name == attribute }) {
        namespaces[index][place].value = value
      } else {
        namespaces[index].append((attribute, value))
      }
    case .names(let names):
      do throws(TemplateFault) {
        let elements = try elements(of: value)
        guard elements.count == names.count else {
          throw TemplateFault(expected: "\(names.count) values for \(names.count) names", actual: "\(elements.count)")
        }
        for (name, element) in zip(names, elements) { scope.values[name] = element }
      } catch { throw error.at(target.place) }
    }
  }
}

/// Names and their values; what is not in a scope is looked for in the one around it.
final class TemplateScope {
  var values: [String: TemplateValue] = [:]
  private let parent: TemplateScope?

  init(parent: TemplateScope?) { self.parent = parent }

  func find(_ name: String) -> TemplateValue? {
    var scope: TemplateScope? = self
    while let here = scope {
      if let value = here.values[name] { return value }
      scope = here.parent
    }
    return nil
  }
}
