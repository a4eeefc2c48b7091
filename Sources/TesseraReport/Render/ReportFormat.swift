/// How a report is printed.
public enum ReportFormat: String, CaseIterable, Sendable {
  case text, markdown, csv, json, html
}

extension LayerReport {
  /// The whole output, ending in a newline. `usesTerminalCodes`: whether text may set bold by terminal codes. `draw`
  /// draws a page's pictures; where it throws, the page says why in the picture's place. `origin`: what a page says of
  /// where it is from.
  public func rendered(
    as format: ReportFormat, usesTerminalCodes: Bool = false, origin: ReportOrigin? = nil,
    draw: Picture.Drawing = { try Gnuplot().draw($0) }
  ) throws -> String {
    switch format {
    case .text: renderedText(usesTerminalCodes: usesTerminalCodes)
    case .markdown: renderedMarkdown()
    case .csv: renderedCSV()
    case .json: try renderedJSON()
    case .html: renderedHTML(origin: origin, draw: draw)
    }
  }

  private func renderedText(usesTerminalCodes: Bool) -> String {
    let table = TextTable(usesTerminalCodes: usesTerminalCodes)
    let warning = WarningBanner(machine).text
    let head =
      [ReportTables.title(self), ""] + warning + ReportLines.machine(self) + ReportLines.problem(self) + [""]
    let tables = ReportTables.all(self).map { table.render($0) }
    // Once more at the end, which is what a terminal shows.
    let tail = warning + ["Totals", ""] + ReportLines.totals(self)
    return (head + [tables.joined(separator: "\n")] + tail).joined(separator: "\n") + "\n"
  }

  private func renderedMarkdown() -> String {
    let table = MarkdownTable()
    func list(_ lines: [String]) -> String { lines.map { "- " + $0 }.joined(separator: "\n") + "\n" }
    let head =
      "# \(ReportTables.title(self))\n\n" + WarningBanner(machine).markdown
      + list(ReportLines.machine(self) + ReportLines.problem(self))
    let tables = ReportTables.all(self).map { table.render($0) }
    return ([head] + tables + ["## Totals\n\n" + list(ReportLines.totals(self))]).joined(separator: "\n")
  }
}
