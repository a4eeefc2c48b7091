/// Methods of texts, lists and mappings that change nothing.
extension TemplateRenderer {
  private static let textMethods: Set<String> = [
    "capitalize", "count", "endswith", "find", "format", "index", "isalnum", "isalpha", "isdecimal", "isdigit",
    "islower", "isnumeric", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "partition",
    "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split",
    "splitlines", "startswith", "strip", "swapcase", "title", "translate", "upper", "zfill", "center", "casefold",
    "encode", "expandtabs", "format_map", "isascii", "isidentifier", "isprintable", "maketrans",
  ]
  private static let mappingMethods: Set<String> = [
    "clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values",
  ]
  private static let listMethods: Set<String> = [
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort",
  ]

  func isMethod(_ name: String, of value: TemplateValue) -> Bool {
    switch value {
    case .text: Self.textMethods.contains(name)
    case .mapping: Self.mappingMethods.contains(name)
    case .list: Self.listMethods.contains(name)
    default: false
    }
  }

  /// What a method gives, or what a function that an attribute holds gives.
  func method(
    _ name: String, of receiver: TemplateValue, _ arguments: TemplateArguments
  ) throws(TemplateFault) -> TemplateValue {
    switch receiver {
    case .text(let text) where isMethod(name, of: receiver): return try method(name, of: text, arguments)
    case .mapping(let mapping) where isMethod(name, of: receiver): return try method(name, of: mapping, arguments)
    case .loop(let loop) where name == "cycle":
      guard !arguments.positional.isEmpty else {
        throw TemplateFault(expected: "values to cycle through", actual: "none")
      }
      return arguments.positional[loop.index % arguments.positional.count]
    case .undefined(let container): throw TemplateFault.type("something with \"\(name)\"", .undefined(container))
    default: throw TemplateFault.unknown("method of \(receiver.described)", name)
    }
  }

  private func method(
    _ name: String, of mapping: TemplateMapping, _ arguments: TemplateArguments
  ) throws(TemplateFault) -> TemplateValue {
    try budget.charge(mapping.entries.count)
    switch name {
    case "get":
      let given = try arguments.bound(to: ["key", "default"], of: name)
      guard let key = given[0] else { throw TemplateFault(expected: "a key to get", actual: "none") }
      return try value(for: key, in: mapping) ?? given[1] ?? .none
    case "items": return .list(try TemplateList(pairs(of: mapping), .view))
    case "keys": return .list(try TemplateList(mapping.entries.map(\.key), .view))
    case "values": return .list(try TemplateList(mapping.entries.map(\.value), .view))
    case "copy": return .mapping(mapping)
    default: throw TemplateFault.unknown("method of a mapping", name)
    }
  }

  /// Each key with its value.
  func pairs(of mapping: TemplateMapping) throws(TemplateFault) -> [TemplateValue] {
    var pairs: [TemplateValue] = []
    for entry in mapping.entries { pairs.append(.list(try TemplateList([entry.key, entry.value], .tuple))) }
    return pairs
  }

  private func method(
    _ name: String, of text: TemplateText, _ arguments: TemplateArguments
  ) throws(TemplateFault) -> TemplateValue {
    try budget.charge(text.count)
    func none() throws(TemplateFault) { _ = try arguments.bound(to: [], of: name) }
    switch name {
    case "strip", "lstrip", "rstrip":
      let set = try arguments.text(0, ["chars"], of: name)
      return .text(text.trimmed(set, left: name != "rstrip", right: name != "lstrip"))
    case "upper": try none(); return .text(text.uppercased)
    case "lower": try none(); return .text(text.lowercased)
    case "title": try none(); return .text(text.titlecased)
    case "capitalize": try none(); return .text(text.capitalized)
    case "split", "rsplit": return try split(text, fromRight: name == "rsplit", arguments)
    case "splitlines":
      let keeps = try arguments.bound(to: ["keepends"], of: name)[0]?.isTrue ?? false
      return .list(try TemplateList(text.lines(keepsEnds: keeps).map { .text($0) }))
    case "startswith", "endswith":
      return .boolean(
        try affixes(arguments, name).contains { name == "startswith" ? text.hasPrefix($0) : text.hasSuffix($0) })
    case "removeprefix", "removesuffix":
      let affix = try required(arguments.text(0, ["affix"], of: name), name)
      if name == "removeprefix" {
        return .text(text.hasPrefix(affix) ? text.with(text.units.dropFirst(affix.count)) : text)
      }
      return .text(text.hasSuffix(affix) ? text.with(text.units.dropLast(affix.count)) : text)
    case "find", "rfind", "count":
      let part = try required(arguments.text(0, ["sub"], of: name), name)
      try budget.charge(text.count, times: part.count / 8 + 1)
      if name == "count" { return .integer(text.occurrences(of: part)) }
      return .integer((name == "find" ? text.firstIndex(of: part) : text.lastIndex(of: part)) ?? -1)
    case "replace":
      let names = ["old", "new", "count"]
      let old = try required(arguments.text(0, names, of: name), name)
      let new = try required(arguments.text(1, names, of: name), name)
      return .text(try replaced(text, old, new, limit: arguments.count(2, names, of: name)))
    case "format": return .text(try formatted(text, arguments))
    case "join":
      let parts = try elements(of: try arguments.bound(to: ["parts"], of: name)[0] ?? .none)
      for part in parts { guard case .text = part else { throw TemplateFault.type("text to join", part) } }
      return .text(try joined(parts, by: text))
    default: throw TemplateFault.unknown("method of text", name)
    }
  }

  private func required(_ text: TemplateText?, _ method: String) throws(TemplateFault) -> TemplateText {
    guard let text else { throw TemplateFault(expected: "text for \(method)", actual: "none") }
    return text
  }

  /// One text or a tuple of them.
  private func affixes(_ arguments: TemplateArguments, _ method: String) throws(TemplateFault) -> [TemplateText] {
    guard case .list(let list)? = arguments.positional.first, list.kind == .tuple, arguments.positional.count == 1
    else {
      return [try required(arguments.text(0, ["affix"], of: method), method)]
    }
    var affixes: [TemplateText] = []
    for element in list.elements {
      guard case .text(let affix) = element else { throw TemplateFault.type("text for \(method)", element) }
      affixes.append(affix)
    }
    try budget.charge(affixes.reduce(0) { $0 + $1.count })
    return affixes
  }

  private func split(
    _ text: TemplateText, fromRight: Bool, _ arguments: TemplateArguments
  ) throws(TemplateFault) -> TemplateValue {
    let names = ["sep", "maxsplit"]
    let limit = try arguments.count(1, names, of: "split")
    try budget.charge(text.count, times: 4)
    guard let separator = try arguments.text(0, names, of: "split") else {
      if fromRight, limit != .max { throw TemplateFault.unknown("argument of rsplit", "maxsplit without sep") }
      return .list(try TemplateList(text.splitAtSpaces(limit: limit).map { .text($0) }))
    }
    guard !separator.isEmpty else { throw TemplateFault(expected: "text to split at", actual: "\"\"") }
    try budget.charge(text.count, times: separator.count / 8 + 1)
    let parts = fromRight ? text.splitFromRight(separator, limit: limit) : text.split(separator, limit: limit)
    return .list(try TemplateList(parts.map { .text($0) }))
  }

  func replaced(
    _ text: TemplateText, _ old: TemplateText, _ new: TemplateText, limit: Int
  ) throws(TemplateFault) -> TemplateText {
    try budget.charge(text.count, times: old.count / 8 + 1)
    try budget.charge(text.count)
    try budget.charge(min(limit, text.occurrences(of: old)), times: new.count + 4)
    return text.replacing(old, with: new, limit: limit)
  }

  /// Texts of values, with `separator` between them.
  func joined(_ values: [TemplateValue], by separator: TemplateText) throws(TemplateFault) -> TemplateText {
    var result = TemplateText()
    for (index, value) in values.enumerated() {
      let part = try text(of: value)
      try budget.charge(part.count + separator.count)
      if index > 0 { result.append(separator) }
      result.append(part)
    }
    return result
  }
}

extension TemplateArguments {
  /// The text given for a parameter; nil: none, or none given.
  func text(_ index: Int, _ parameters: [String], of what: String) throws(TemplateFault) -> TemplateText? {
    switch try bound(to: parameters, of: what)[index] {
    case .text(let text)?: return text
    case nil, .some(.none): return nil
    case let other?: throw TemplateFault.type("text for \"\(parameters[index])\" of \(what)", other)
    }
  }

  /// How often something is done at most: without an argument, or with a negative one, as often as can be.
  func count(_ index: Int, _ parameters: [String], of what: String) throws(TemplateFault) -> Int {
    switch try bound(to: parameters, of: what)[index] {
    case .integer(let count)?: return count < 0 ? .max : count
    case nil: return .max
    case let other?: throw TemplateFault.type("an integer for \"\(parameters[index])\" of \(what)", other)
    }
  }
}
