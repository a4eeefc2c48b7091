/// D of one call beside what its trace moved.
struct Comparison {
  /// Operator, mode, instruction set, shape, C.
  var call: [String]
  var counted: (read: Int, written: Int)
  var traced: (read: Int, written: Int)
  /// What scratch moved of the traced bytes.
  var scratchBytes: Int

  /// Per cent of what was traced: how near loads and stores together must be. They are shown apart as well.
  static let tolerance = 10.0

  /// Loads, stores, both.
  private var differences: [Double] {
    [
      Self.difference(counted.read, traced.read), Self.difference(counted.written, traced.written),
      Self.difference(counted.read + counted.written, traced.read + traced.written),
    ]
  }

  var passes: Bool { abs(differences[2]) <= Self.tolerance }

  private static func difference(_ counted: Int, _ traced: Int) -> Double {
    guard traced != 0 else { return counted == 0 ? 0 : .infinity }
    return 100 * Double(counted - traced) / Double(traced)
  }

  static let header = row([
    "operator", "mode", "isa", "shape", "C", "D read", "D written", "trace read", "written", "of scratch", "read %",
    "written %", "both %", "",
  ])

  var row: String {
    let bytes = [counted.read, counted.written, traced.read, traced.written, scratchBytes].map { "\($0)" }
    return Self.row(call + bytes + differences.map(Self.oneDecimal) + [passes ? "ok" : "FAILED"])
  }

  private static func oneDecimal(_ value: Double) -> String {
    guard value.isFinite else { return "inf" }
    let tenths = Int((abs(value) * 10).rounded())
    return (value < 0 && tenths > 0 ? "-" : "") + "\(tenths / 10).\(tenths % 10)"
  }

  private static func row(_ cells: [String]) -> String {
    let widths = [19, 9, 8, 13, 7, 9, 9, 10, 9, 10, 6, 9, 6, 6]
    return zip(cells, widths).enumerated().map { column, cell in
      let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
      // Names to the left, figures to the right.
      return column < 4 || column == 13 ? cell.0 + padding : padding + cell.0
    }.joined(separator: " ")
  }
}
