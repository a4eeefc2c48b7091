import Tessera

extension DecoderReport {
  /// The whole output, ending in a newline; parameters as in `LayerReport.rendered`. A page has no pictures.
  public func rendered(as format: ReportFormat, usesTerminalCodes: Bool = false, origin: ReportOrigin? = nil) throws
    -> String
  {
    let (title, totals) = (DecoderTables.title(self), DecoderTables.totals(self))
    let warning = WarningBanner(machine)
    let (facts, tables) = (ReportLines.machine(machine) + DecoderTables.problem(self), DecoderTables.all(self))
    switch format {
    case .text:
      let table = TextTable(usesTerminalCodes: usesTerminalCodes)
      return ([title, ""] + warning.text + facts + [""] + tables.map { table.render($0) } + ["Totals", ""] + totals)
        .joined(separator: "\n") + "\n"
    case .markdown:
      func list(_ lines: [String]) -> String { lines.map { "- \($0)\n" }.joined() }
      return
        (["# \(title)\n", warning.markdown + list(facts)] + tables.map { MarkdownTable().render($0) } + [
          "## Totals\n", list(totals),
        ])
        .joined(separator: "\n")
    case .csv: return renderedCSV()
    case .json: return try jsonText(DecoderDocument(self))
    case .html:
      var page = HTMLPage(title: title, origin: origin)
      page.sections =
        WarningBanner(machine, doubts: doubts).html + [HTMLPage.list(facts)] + tables.map { HTMLTable().render($0) } + [
          "<h2>Totals</h2>\n" + HTMLPage.list(totals)
        ]
      return page.text
    }
  }

  /// The rows as one table (RFC 4180), unrounded; machine, shares and totals are in the other formats.
  private func renderedCSV() -> String {
    let header =
      ["part", "id", "operator", "class", "weights", "mflop"] + KernelFigures.csvNames + ["bound_us", "pct_pass"]
    let lines = [("layer", layer), ("once", once)].flatMap { part, rows in
      rows.map { row in
        [
          part, row.id, row.name, row.operatorClass.rawValue, row.weightTypes.map(\.name).joined(separator: " "),
          "\(row.mflop)",
        ] + row.figures.csvFields + ["\(row.figures.boundMicroseconds!)", "\(row.passPercent)"]
      }
    }
    return ([header] + lines).map { $0.map(csvField).joined(separator: ",") + "\r\n" }.joined()
  }
}

/// The report as one JSON object; docs/report.md describes every key.
private struct DecoderDocument: Encodable {
  struct Problem: Encodable {
    var file: String
    var layers, width, feedForwardWidth, queryHeads, keyValueHeads, headDimension, vocabularySize: Int
    var weightTypes: [String]
    var cacheType: String
    var pass: DecoderPhase
    var context, tokens: Int
  }

  var machine: MachineDocument
  var problem: Problem
  var runs: Int
  var layer, once: [DecoderReportRow]
  var classes: [String: [String: DecoderClassShares]]
  var totals: DecoderTotals

  init(_ report: DecoderReport) {
    let sizes = report.problem.model.configuration
    machine = MachineDocument(report.machine)
    problem = Problem(
      file: report.problem.fileName, layers: sizes.layers, width: sizes.width,
      feedForwardWidth: sizes.feedForwardWidth, queryHeads: sizes.queryHeads, keyValueHeads: sizes.keyValueHeads,
      headDimension: sizes.headDimension, vocabularySize: sizes.vocabularySize,
      weightTypes: report.problem.weightTypes.map(\.name), cacheType: DecoderProblem.cacheType.name,
      pass: report.problem.phase, context: report.problem.context, tokens: report.problem.tokenCount)
    runs = report.runs
    (layer, once) = (report.layer, report.once)
    func byClass(_ shares: [DecoderClassShares]) -> [String: DecoderClassShares] {
      Dictionary(uniqueKeysWithValues: shares.map { ($0.operatorClass.rawValue, $0) })
    }
    classes = ["layer": byClass(report.layerClasses), "pass": byClass(report.passClasses)]
    totals = report.totals
  }
}

extension DecoderReportRow: Encodable {
  private enum CodingKeys: String, CodingKey {
    case id, name = "operator", operatorClass = "class", weightTypes, mflop, passPercent
  }

  /// The figures' keys are the row's own.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(name, forKey: .name)
    try container.encode(operatorClass, forKey: .operatorClass)
    try container.encode(weightTypes.map(\.name), forKey: .weightTypes)
    try container.encode(mflop, forKey: .mflop)
    try container.encode(passPercent, forKey: .passPercent)
    try figures.encode(to: encoder)
  }
}
