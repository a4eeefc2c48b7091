import FoundationEssentials
import Tessera

extension VerificationReport {
  /// A table, what was skipped, then every failure with the command that runs it again.
  public var text: String {
    var lines = ["seed \(seed)", ""]
    let header = ["operator", "variant", "threads", "shapes", "error", "tolerance", "multiple", "", "worst shape"]
    let cells = rows.map { row in
      [
        row.operatorName, row.variant, "\(row.threads)", "\(row.shapes)", row.error.shortened, row.tolerance.shortened,
        row.multiple.shortened, row.passed ? "ok" : "FAILED", row.worstShape,
      ]
    }
    let widths = header.indices.map { column in ([header] + cells).map { $0[column].count }.max()! }
    for line in [header] + cells {
      let padded = line.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return (2...6).contains(column) ? padding + cell : cell + padding
      }
      lines.append(padded.joined(separator: "  ").trimmingSuffix(" "))
    }
    lines.append("")
    for skip in skipped { lines.append("skipped: \(skip.operatorName), \(skip.variant): \(skip.reason)") }
    for row in rows {
      for failure in row.failures {
        let run = "\(row.operatorName), \(row.variant), \(counted(row.threads, "thread"))"
        lines.append("FAILED: \(run), case \(failure.caseNumber): \(failure.shape)")
        lines += failure.messages.map { "  \($0)" }
        lines.append("  again: \(failure.again)")
      }
    }
    let failing = rows.filter { !$0.passed }.count
    let all = counted(rows.count, "row")
    lines.append(failing == 0 ? "all \(all) ok" : "\(failing) of \(all) FAILED")
    return lines.joined(separator: "\n")
  }

  /// Keys as the properties are named; an error without bound is the string "inf".
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

extension Double {
  /// Three digits.
  fileprivate var shortened: String {
    guard isFinite, self != 0 else { return self == 0 ? "0" : "\(self)" }
    return formatted(digits: 3)
  }

  private func formatted(digits: Int) -> String {
    var exponent = 0
    var mantissa = magnitude
    while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    var scale = 1.0
    for _ in 1..<digits { scale *= 10 }
    mantissa = (mantissa * scale).rounded() / scale
    return (self < 0 ? "-" : "") + (exponent == 0 ? "\(mantissa)" : "\(mantissa)e\(exponent)")
  }
}

extension String {
  fileprivate func trimmingSuffix(_ character: Character) -> String {
    var result = self
    while result.last == character { result.removeLast() }
    return result
  }
}
