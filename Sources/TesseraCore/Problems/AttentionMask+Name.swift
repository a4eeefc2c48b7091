extension AttentionMask {
  /// `none`, `causal` or `window:LEFT,RIGHT`; a side of a window that is left empty is open. Where lengths differ, the
  /// last query stands at the last key. Throws for any other text.
  public init(named text: String) throws(TesseraError) {
    switch text {
    case "none": self = .full
    case "causal": self = .causal()
    default:
      guard text.hasPrefix("window:") else { throw Self.unknown(text) }
      let sides = text.dropFirst("window:".count).split(separator: ",", omittingEmptySubsequences: false)
      guard sides.count == 2 else { throw Self.unknown(text) }
      self = .window(left: try Self.bound(sides[0], of: text), right: try Self.bound(sides[1], of: text))
    }
  }

  /// The text that `init(named:)` takes for it.
  public var name: String {
    switch self {
    case .full: "none"
    case .causal: "causal"
    case .window(let left, let right, _):
      "window:\(Self.text(left)),\(Self.text(right))"
    }
  }

  private static func text(_ bound: Int?) -> String { bound.map { $0 == openBound ? "" : "\($0)" } ?? "" }

  /// The name, and how the ends meet where not as the name has it.
  var words: String {
    switch self {
    case .causal(.topLeft), .window(_, _, .topLeft): name + " from the first key"
    case .full, .causal, .window: name
    }
  }

  private static func bound(_ side: Substring, of text: String) throws(TesseraError) -> Int? {
    guard !side.isEmpty else { return nil }
    // Digits alone: Int would take a sign too.
    guard side.allSatisfy({ $0.isASCII && $0.isNumber }), let value = Int(side) else { throw unknown(text) }
    return value
  }

  private static func unknown(_ text: String) -> TesseraError {
    .invalidOperand(
      operation: AttentionProblem.operation, operand: "mask",
      expected: "none, causal or window:LEFT,RIGHT with whole numbers of 0 or more, or nothing on an open side",
      actual: "\"\(text)\"")
  }
}
