/// Functions that templates find without having made them.
extension TemplateRenderer {
  func call(_ function: TemplateFunction, _ arguments: TemplateArguments) throws(TemplateFault) -> TemplateValue {
    switch function {
    case .range: return try range(arguments)
    case .namespace, .dict: return try mapping(function, arguments)
    case .raiseException:
      let message = try arguments.bound(to: ["message"], of: function.rawValue)[0]
      throw TemplateFault(
        expected: "a chat that the template takes",
        actual: "its answer \(TokenizerError.quoted(try text(of: message ?? .text("")).string, limit: 300))")
    case .currentTime:
      guard case .text(let format)? = try arguments.bound(to: ["format"], of: function.rawValue)[0] else {
        throw TemplateFault(expected: "a format for \(function.rawValue)", actual: "none")
      }
      guard let time = clock(format.string) else { throw TemplateFault.unknown("format of time", format.string) }
      return .text(time)
    }
  }

  private func range(_ arguments: TemplateArguments) throws(TemplateFault) -> TemplateValue {
    var bounds: [Int] = []
    for value in try arguments.bound(to: ["start", "stop", "step"], of: "range").compactMap(\.self) {
      guard case .integer(let bound) = value else { throw TemplateFault.type("an integer for range", value) }
      bounds.append(bound)
    }
    guard !bounds.isEmpty else { throw TemplateFault(expected: "a bound of range", actual: "none") }
    let (start, end) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
    let step = bounds.count == 3 ? bounds[2] : 1
    guard step != 0 else { throw TemplateFault(expected: "a step other than 0", actual: "0") }
    var numbers: [TemplateValue] = []
    for number in stride(from: start, to: end, by: step) {
      guard numbers.count < TemplateBudget.rangeCount else {
        throw TemplateFault.bound("\(TemplateBudget.rangeCount) numbers of one range", "more")
      }
      numbers.append(.integer(number))
    }
    try budget.charge(numbers.count, times: 4)
    return .list(try TemplateList(numbers))
  }

  /// `namespace` and `dict`: entries of a mapping, and those with names.
  private func mapping(
    _ function: TemplateFunction, _ arguments: TemplateArguments
  ) throws(TemplateFault) -> TemplateValue {
    guard arguments.positional.count <= 1 else {
      throw TemplateFault(expected: "at most one mapping for \(function.rawValue)", actual: "more")
    }
    var entries: [TemplateMapping.Entry] = []
    if let first = arguments.positional.first {
      guard case .mapping(let mapping) = first else {
        throw TemplateFault.type("a mapping for \(function.rawValue)", first)
      }
      entries = mapping.entries
    }
    entries += arguments.named.map { (.text($0.name), $0.value) }
    try budget.charge(entries.count + 2, times: entries.count / 8 + 8)
    let mapping = try TemplateMapping(entries)
    guard function == .namespace else { return .mapping(mapping) }
    var attributes: [(name: String, value: TemplateValue)] = []
    for entry in mapping.entries { attributes.append((try text(of: entry.key).string, entry.value)) }
    namespaces.append(attributes)
    return .namespace(namespaces.count - 1)
  }
}
