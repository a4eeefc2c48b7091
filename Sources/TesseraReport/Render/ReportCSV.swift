/// The rows of Table A.1 as one table of comma-separated values (RFC 4180): a header line, then a line a row.
///
/// Only the rows: a second table or a comment line would not be CSV any more. Machine, problem, shares and totals are
/// in the other formats. Numbers are unrounded; a figure that does not exist is an empty field.
extension LayerReport {
  func renderedCSV() -> String {
    let lines = [Self.csvHeader] + rows.map(csvFields)
    return lines.map { $0.map(csvField).joined(separator: ",") + "\r\n" }.joined()
  }

  private static let csvHeader =
    ["id", "pass", "operator", "class", "gflop", "input_elements", "output_elements"]
    + KernelFigures.csvNames.map { "unfused_" + $0 } + ["bound_us", "kernels"]
    + KernelFigures.csvNames.map { "fused_" + $0 }
    + ["fused_speedup", "full_kernel"] + KernelFigures.csvNames.map { "full_" + $0 }
    + [
      "full_speedup", "paper_pytorch_us", "paper_pytorch_pct_peak", "paper_kernel", "paper_fused_us",
      "paper_fused_pct_peak", "paper_fused_mue_pct", "paper_fused_speedup",
      "peer_us", "peer_spread", "peer_share_pct",
    ]

  private func csvFields(_ row: ReportRow) -> [String] {
    func optional(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    let (paper, ours) = (row.paper, row.paper?.ours)
    return [
      row.id, row.pass.rawValue, row.name, row.operatorClass.rawValue, "\(row.gflop)", "\(row.inputElements)",
      "\(row.outputElements)",
    ] + row.unfused.csvFields + [optional(row.unfused.boundMicroseconds), row.kernels.joined(separator: " ")]
      + KernelFigures.csvFields(row.fused) + [optional(row.fused?.speedup), row.fullKernel ?? ""]
      + KernelFigures.csvFields(row.full) + [
        optional(row.full?.speedup), optional(paper?.pytorchMicroseconds), optional(paper?.pytorchPercentOfPeak),
        paper?.kernel ?? row.paperGradient?.kernel ?? "", optional(ours?.microseconds), optional(ours?.percentOfPeak),
        optional(ours?.mue), optional(ours?.speedup), optional(row.peer?.microseconds), optional(row.peer?.spread),
        optional(row.peer?.sharePercent),
      ]
  }

}

extension KernelFigures {
  /// Names of the fields that every kind of row has.
  static let csvNames = [
    "us", "spread", "pct_peak", "mue_pct", "data_ratio", "bandwidth_ratio", "bandwidth_kind", "bytes", "least_bytes",
    "modelled",
  ]

  /// Empty ones where there are no figures.
  static func csvFields(_ figures: KernelFigures?) -> [String] { figures?.csvFields ?? csvNames.map { _ in "" } }

  var csvFields: [String] {
    [
      "\(microseconds)", "\(spread)", "\(percentOfPeak)", "\(mue)", "\(dataRatio)", "\(bandwidthRatio)",
      bandwidthKind.rawValue, "\(bytes)", "\(leastBytes)", "\(modelled)",
    ]
  }
}

/// A field, quoted where a comma, quote or line break in it would be taken for the table's own.
///
/// Scalars are looked at one by one: Swift takes a carriage return and a line feed together for one character.
package func csvField(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { "\",\r\n".unicodeScalars.contains($0) }) else { return text }
  return "\"" + text.replacing("\"", with: "\"\"") + "\""
}
