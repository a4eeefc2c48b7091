import Tessera

/// The report as a page: the tables of the other formats, and the pictures that belong to them.
extension LayerReport {
  func renderedHTML(origin: ReportOrigin?, draw: Picture.Drawing) -> String {
    let table = HTMLTable()
    var page = HTMLPage(title: ReportTables.title(self), origin: origin)
    page.sections = WarningBanner(machine, doubts: doubts).html
    page.sections += [
      ReportHeadline(self).html,
      HTMLPage.list(ReportLines.machine(self) + ReportLines.problem(self)),
      table.render(ReportTables.classShares(self)),
      "<div class=\"pair\">",
      HTMLPage.figure(
        TimesPicture(report: self).picture, heading: "Run time by class",
        caption: "Each bar is the run time of one sequence on this machine, the sum of its rows.", draw: draw),
      HTMLPage.figure(
        SharesPicture(report: self).picture, heading: "Shares of run time by class",
        caption:
          "Each bar is the whole run time of one sequence. The paper's is of forward and backward together, fp16.",
        draw: draw),
      "</div>",
      ReportTerms.html,
      table.render(ReportTables.operators(self)),
    ]
    if let full = ReportTables.full(self) { page.sections.append(table.render(full)) }
    if let roofline = RooflinePicture(self) {
      page.sections += [
        HTMLPage.figure(
          roofline.picture, heading: "Roofline",
          caption: "Bytes are D. Rows without FLOPs, as ReLU by the paper's count, have no place in it.", draw: draw),
        "<ol class=\"numbers\">" + rows.map { "<li>\(escaped($0.name))</li>" }.joined() + "</ol>",
      ]
    }
    page.sections += [
      HTMLPage.figure(
        MemoryUsePicture(report: self).picture, heading: "Memory use efficiency",
        caption: "Contractions are bound by arithmetic: their % of peak is what counts. A fused kernel's bar stands on "
          + "the last row that it covers.", draw: draw),
      table.render(ReportTables.bytes(self)),
      "<h2>Totals</h2>\n" + HTMLPage.list(ReportLines.totals(self)),
    ]
    return page.text
  }
}
