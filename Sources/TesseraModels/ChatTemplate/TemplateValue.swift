/// A value of a template, as Python has it. None can be changed but a namespace, which the renderer keeps by number:
/// values hold no cycles.
enum TemplateValue: Sendable {
  /// What a missing name, attribute or item is; with how the template names it.
  case undefined(String)
  case none
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(TemplateText)
  case list(TemplateList)
  case mapping(TemplateMapping)
  case loop(TemplateLoopState)
  case function(TemplateFunction)
  /// Kept by the renderer.
  case namespace(Int)
  case macro(Int)
  /// Elements that can be gone through once (Python's iterators), kept by the renderer.
  case stream(Int)

  static func text(_ text: String) -> TemplateValue { .text(TemplateText(text)) }

  /// How errors name the value.
  var described: String {
    switch self {
    case .undefined(let name): "\(TokenizerError.quoted(name)), which is not defined"
    case .none: "none"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): "\(value)"
    case .number(let value): value.spelled
    case .text(let text): TokenizerError.quoted(text.with(text.units.prefix(61)).string)
    case .list(let list): list.kind == .tuple ? "a tuple" : "a list"
    case .mapping: "a mapping"
    case .loop: "a loop"
    case .function(let function): "function \(function.rawValue)"
    case .namespace: "a namespace"
    case .macro: "a macro"
    case .stream: "an iterator"
    }
  }

  /// Lists and mappings within each other, the value included.
  var depth: Int {
    switch self {
    case .list(let list): list.depth
    case .mapping(let mapping): mapping.depth
    case .loop(let loop): loop.depth
    default: 0
    }
  }

  /// What Python's `bool` gives.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .boolean(let value): value
    case .integer(let value): value != 0
    case .number(let value): value != 0
    case .text(let text): !text.isEmpty
    case .list(let list): !list.elements.isEmpty
    case .mapping(let mapping): !mapping.entries.isEmpty
    case .loop, .function, .namespace, .macro, .stream: true
    }
  }
}

/// A list, or what else has elements in order.
struct TemplateList: Sendable {
  enum Kind: Sendable { case list, tuple, view }
  let elements: [TemplateValue]
  let kind: Kind
  let depth: Int

  /// Throws where lists would be too deep within each other.
  init(_ elements: [TemplateValue], _ kind: Kind = .list) throws(TemplateFault) {
    self.elements = elements
    self.kind = kind
    depth = try Self.depth(over: elements)
  }

  static func depth(over elements: [TemplateValue]) throws(TemplateFault) -> Int {
    let depth = 1 + elements.reduce(0) { max($0, $1.depth) }
    guard depth <= TemplateBudget.valueDepth else {
      throw TemplateFault.bound("\(TemplateBudget.valueDepth) lists or mappings within each other", "more")
    }
    return depth
  }
}

/// A mapping in order of its keys' first assignment.
struct TemplateMapping: Sendable {
  typealias Entry = (key: TemplateValue, value: TemplateValue)
  let entries: [Entry]
  let depth: Int

  /// Of equal keys the last value is kept.
  init(_ entries: [Entry]) throws(TemplateFault) {
    var kept: [Entry] = []
    for entry in entries {
      guard entry.key.isKey else {
        throw TemplateFault.type("a key that is text, a number, true, false or none", entry.key)
      }
      if let index = kept.firstIndex(where: { $0.key.isSameKey(as: entry.key) }) {
        kept[index].value = entry.value
      } else {
        kept.append(entry)
      }
    }
    self.entries = kept
    depth = try TemplateList.depth(over: kept.map(\.value))
  }

  subscript(key: TemplateValue) -> TemplateValue? { entries.first { $0.key.isSameKey(as: key) }?.value }

  subscript(key: String) -> TemplateValue? { self[.text(key)] }
}

/// What `loop` is.
struct TemplateLoopState: Sendable {
  let items: [TemplateValue]
  let index: Int
  let level: Int
  let depth: Int
}

/// Functions that templates find without having made them.
enum TemplateFunction: String, Sendable, CaseIterable {
  case range, namespace, dict
  case raiseException = "raise_exception"
  case currentTime = "strftime_now"
}
