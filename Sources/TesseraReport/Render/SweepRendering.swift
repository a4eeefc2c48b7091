import Tessera

extension TokenSweep {
  /// The whole output, ending in a newline; parameters as in `LayerReport.rendered`.
  public func rendered(
    as format: ReportFormat, usesTerminalCodes: Bool = false, origin: ReportOrigin? = nil,
    draw: Picture.Drawing = { try Gnuplot().draw($0) }
  ) throws -> String {
    let facts = ReportLines.machine(machine) + SweepTables.problem(self)
    let warning = WarningBanner(machine)
    let (table, ridge) = (SweepTables.points(self), SweepTables.ridge(self))
    switch format {
    case .text:
      let lines =
        [SweepTables.title, ""] + warning.text + facts + [
          "", TextTable(usesTerminalCodes: usesTerminalCodes).render(table),
        ]
      return (lines + ridge).joined(separator: "\n") + "\n"
    case .markdown:
      func list(_ lines: [String]) -> String { lines.map { "- \($0)\n" }.joined() }
      return ["# \(SweepTables.title)\n", warning.markdown + list(facts), MarkdownTable().render(table), list(ridge)]
        .joined(
          separator: "\n")
    case .csv: return renderedCSV()
    case .json: return try jsonText(SweepDocument(self))
    case .html:
      var page = HTMLPage(title: SweepTables.title, origin: origin)
      let figure = HTMLPage.figure(
        SweepPicture(sweep: self).picture, heading: "Time and tokens",
        caption: "Left of the ridge the weights' way from memory takes the time, right of it arithmetic.",
        draw: draw)
      page.sections =
        WarningBanner(machine, doubts: doubts).html + [
          HTMLPage.list(facts), figure, HTMLPage.list(ridge), HTMLTable().render(table),
        ]
      return page.text
    }
  }

  /// The points as one table (RFC 4180), unrounded; machine and ridge are in the other formats.
  private func renderedCSV() -> String {
    let header = ["tokens", "us", "spread", "gflops", "pct_peak", "weight_gb_per_s"]
    let lines = points.map { point in
      [
        "\(point.tokens)", "\(point.microseconds)", "\(point.spread)", "\(point.gflops)", "\(point.percentOfPeak)",
        "\(point.weightGigabytesPerSecond)",
      ]
    }
    return ([header] + lines).map { $0.joined(separator: ",") + "\r\n" }.joined()
  }
}

/// The sweep as one JSON object; docs/report.md describes every key.
private struct SweepDocument: Encodable {
  struct Problem: Encodable {
    var hidden, feedforward, parameters, bytesPerParameter, weightBytes: Int
  }
  struct Ridge: Encodable {
    var predictedTokens, measuredTokens: Double
    var weightReadMicroseconds, floorMicroseconds: Double
    var peakMicrosecondsPerToken, microsecondsPerToken: Double
    var fitError: Double
  }

  let sweep = "tokens"
  var machine: MachineDocument
  var problem: Problem
  var runs: Int
  let callsPerRun = TokenSweep.callsPerRun
  var layers: Int
  var points: [TokenSweep.Point]
  var ridge: Ridge

  init(_ sweep: TokenSweep) {
    machine = MachineDocument(sweep.machine)
    problem = Problem(
      hidden: sweep.problem.hidden, feedforward: sweep.problem.feedforward, parameters: sweep.problem.parameters,
      bytesPerParameter: SweepProblem.bytesPerParameter, weightBytes: sweep.problem.weightBytes)
    runs = sweep.runs
    layers = sweep.layerCount
    points = sweep.points
    ridge = Ridge(
      predictedTokens: sweep.predictedRidge, measuredTokens: sweep.fit.ridge,
      weightReadMicroseconds: sweep.weightReadMicroseconds, floorMicroseconds: sweep.fit.floor,
      peakMicrosecondsPerToken: sweep.peakMicrosecondsPerToken, microsecondsPerToken: sweep.fit.slope,
      fitError: sweep.fit.error)
  }
}
