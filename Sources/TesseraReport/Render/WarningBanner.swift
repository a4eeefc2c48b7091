/// What a reader must know before any figure, set so that it cannot be overlooked.
struct WarningBanner {
  private let warnings: [String]

  /// `doubts`: others than of the machine.
  init(_ machine: MachineBlock, doubts: [String] = []) {
    warnings = [machine.openBLAS?.warning].compactMap(\.self) + doubts
  }

  /// The warning in plain text, between rules; nothing where there is nothing to warn of.
  var text: [String] {
    warnings.flatMap { warning in
      let rule = String(repeating: "!", count: Self.columns)
      return [rule] + Self.wrapped("WARNING: " + warning) + [rule, ""]
    }
  }

  var markdown: String { warnings.map { "> **WARNING:** \($0)\n\n" }.joined() }

  var html: [String] { warnings.map { "<p class=\"warning\" role=\"alert\">WARNING: \(escaped($0))</p>" } }

  private static let columns = 118

  private static func wrapped(_ text: String) -> [String] {
    text.split(separator: " ").reduce(into: [String]()) { lines, word in
      if let last = lines.last, last.count + 1 + word.count <= columns {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(String(word))
      }
    }
  }
}
