/// Attributes, items, slices and elements of values.
extension TemplateRenderer {
  func attribute(_ name: String, of value: TemplateValue) throws(TemplateFault) -> TemplateValue {
    let missing = TemplateValue.undefined(name)
    if isMethod(name, of: value) { throw TemplateFault.unknown("method that is not called", name) }
    switch value {
    case .undefined(let container):
      throw TemplateFault.type("something with \"\(name)\"", .undefined(container))
    case .mapping(let mapping): return try self.value(for: .text(name), in: mapping) ?? missing
    case .namespace(let index):
      try budget.charge(namespaces[index].count / 4)
      return namespaces[index].first { $0.name == name }?.value ?? missing
    case .loop(let loop): return try attribute(name, of: loop)
    case .macro, .function, .stream: throw TemplateFault.unknown("attribute of \(value.described)", name)
    default: return missing
    }
  }

  private func attribute(_ name: String, of loop: TemplateLoopState) throws(TemplateFault) -> TemplateValue {
    let (index, count) = (loop.index, loop.items.count)
    switch name {
    case "index": return .integer(index + 1)
    case "index0": return .integer(index)
    case "revindex": return .integer(count - index)
    case "revindex0": return .integer(count - index - 1)
    case "first": return .boolean(index == 0)
    case "last": return .boolean(index == count - 1)
    case "length": return .integer(count)
    case "previtem": return index > 0 ? loop.items[index - 1] : .undefined("loop.previtem")
    case "nextitem": return index + 1 < count ? loop.items[index + 1] : .undefined("loop.nextitem")
    default: throw TemplateFault.unknown("attribute of a loop", name)
    }
  }

  func item(_ key: TemplateValue, of value: TemplateValue) throws(TemplateFault) -> TemplateValue {
    switch (value, key) {
    case (.undefined(let name), _): throw TemplateFault.type("something with items", .undefined(name))
    case (.mapping(let mapping), _):
      if let found = key.isKey ? try self.value(for: key, in: mapping) : nil { return found }
    case (.list(let list), .integer(let index)) where list.kind != .view:
      if let place = position(index, in: list.elements.count) { return list.elements[place] }
    case (.list(let list), .boolean(let isSecond)) where list.kind != .view:
      if let place = position(isSecond ? 1 : 0, in: list.elements.count) { return list.elements[place] }
    case (.text(let text), .integer(let index)):
      if let place = position(index, in: text.count) { return .text(text.with([text.units[place]])) }
    case (.text(let text), .boolean(let isSecond)):
      if let place = position(isSecond ? 1 : 0, in: text.count) { return .text(text.with([text.units[place]])) }
    default: break
    }
    // As Jinja does, an item that there is not may be an attribute.
    if case .text(let name) = key, name.count <= TemplateBudget.nameLength {
      return try attribute(name.string, of: value)
    }
    return .undefined(key.described)
  }

  private func position(_ index: Int, in count: Int) -> Int? {
    let place = index < 0 ? index + count : index
    return (0..<count).contains(place) ? place : nil
  }

  func slice(
    _ operand: TemplateExpression, _ parts: [TemplateExpression?], _ scope: TemplateScope
  ) throws(TemplateFault) -> TemplateValue {
    let value = try evaluate(operand, scope)
    var bounds: [Int?] = []
    for part in parts {
      switch try part.map({ part throws(TemplateFault) in try evaluate(part, scope) }) ?? .none {
      case .none: bounds.append(nil)
      case .integer(let bound): bounds.append(bound)
      case .boolean(let bound): bounds.append(bound ? 1 : 0)
      case let other: throw TemplateFault.type("an integer as bound of a slice", other)
      }
    }
    bounds += [Int?](repeating: nil, count: 3 - bounds.count)
    func places(_ count: Int) throws(TemplateFault) -> [Int] {
      let step = bounds[2] ?? 1
      guard step != 0 else { throw TemplateFault(expected: "a step other than 0", actual: "0") }
      func clamped(_ bound: Int) -> Int {
        min(max(bound < 0 ? bound + count : bound, step < 0 ? -1 : 0), step < 0 ? count - 1 : count)
      }
      let start = bounds[0].map(clamped) ?? (step < 0 ? count - 1 : 0)
      let end = bounds[1].map(clamped) ?? (step < 0 ? -1 : count)
      let places = Array(stride(from: start, to: end, by: min(max(step, -count - 1), count + 1)))
      try budget.charge(places.count)
      return places
    }
    switch value {
    case .text(let text): return .text(text.with(try places(text.count).map { text.units[$0] }))
    case .list(let list) where list.kind != .view:
      return .list(try TemplateList(try places(list.elements.count).map { list.elements[$0] }, list.kind))
    default: throw TemplateFault.type("text or a list to take a part of", value)
    }
  }

  /// The elements that going through a value gives.
  func elements(of value: TemplateValue) throws(TemplateFault) -> [TemplateValue] {
    switch value {
    case .undefined: return []
    case .list(let list):
      try budget.charge(list.elements.count)
      return list.elements
    case .mapping(let mapping):
      try budget.charge(mapping.entries.count)
      return mapping.entries.map(\.key)
    case .text(let text):
      try budget.charge(text.count, times: 8)
      return text.units.map { .text(text.with([$0])) }
    case .stream(let index):
      defer { streams[index] = [] }
      return Array(streams[index])
    default: throw TemplateFault.type("text, a list or a mapping to go through", value)
    }
  }

  /// Elements that can be gone through once.
  func stream(_ elements: [TemplateValue]) throws(TemplateFault) -> TemplateValue {
    try budget.charge(16)
    try budget.charge(elements.count, times: 4)
    streams.append(elements[...])
    return .stream(streams.count - 1)
  }
}
