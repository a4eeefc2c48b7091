import Foundation
import Tessera
import TesseraReport
import Testing

/// The page: well-formed, on its own, and with the JSON's figures.
@Suite struct PageTests {
  private let report: LayerReport

  init() throws { report = try tinyReportBesidePyTorch.get() }

  /// Every cell that says where the JSON has its figure says that figure.
  @Test func figuresAreTheJSONs() throws {
    let json = try JSONSerialization.jsonObject(with: Data(try report.rendered(as: .json).utf8))
    let page = try PageReader(try report.rendered(as: .html, draw: { _ in "" }))
    #expect(page.cells.count > 19 * 30)
    #expect(Set(page.cells.map(\.key)).count > 19 * 28)
    for cell in page.cells { expectFigure(cell.text, json, cell.key) }
  }

  @Test func sweepFiguresAreTheJSONs() throws {
    let sweep = try tinySweep.get()
    let json = try JSONSerialization.jsonObject(with: Data(try sweep.rendered(as: .json).utf8))
    let page = try PageReader(try sweep.rendered(as: .html, draw: { _ in "" }))
    #expect(page.cells.count == 6 * sweep.points.count)
    for cell in page.cells { expectFigure(cell.text, json, cell.key) }
  }

  @Test func nothingIsLoadedFromOutside() throws {
    let page = try PageReader(try report.rendered(as: .html, draw: Self.drawing))
    for (name, value) in page.attributes where ["href", "xlink:href", "src", "srcset", "data", "action"].contains(name)
    {
      #expect(value.hasPrefix("#") || value == "data:,", "\(name)=\(value)")
    }
    #expect(page.elements.isDisjoint(with: ["script", "iframe", "object", "embed", "img", "base"]))
    #expect(!page.text.contains("@import") && !page.text.contains("url("))
    #expect(page.text.contains("prefers-color-scheme: dark") && page.text.contains("@media print"))
  }

  /// What gnuplot draws, where there is one.
  private static func drawing(_ picture: Picture) throws -> String {
    if let gnuplot = try? Gnuplot() { try gnuplot.draw(picture) } else { "" }
  }

  @Test func idsAreUnique() throws {
    let page = try PageReader(try report.rendered(as: .html, draw: Self.drawing))
    let ids = page.attributes.filter { $0.name == "id" }.map(\.value)
    #expect(Set(ids).count == ids.count)
  }

  @Test func pagesWithoutPicturesSayWhy() throws {
    struct Missing: Error, CustomStringConvertible { let description = "gnuplot <is> missing" }
    let page = try report.rendered(as: .html, draw: { _ in throw Missing() })
    #expect(page.matches(of: /Not drawn: gnuplot &lt;is&gt; missing/).count == 4)
    #expect(try PageReader(page).elements.contains("table"))
  }

  /// What a reader who was not there must know, before all tables.
  @Test func theHeadlineSaysWhatAndAgainstWhom() throws {
    let origin = ReportOrigin(
      date: Date(timeIntervalSince1970: 1_700_000_000),
      arguments: ["/some/where/tessera", "report", "--format", "html", "--peer", "a 'b'<.json"])
    let page = try report.rendered(as: .html, origin: origin, draw: { _ in "" })
    let head = page.prefix(upTo: try #require(page.firstRange(of: "<table>")).lowerBound)
    let command = "tessera report --format html --peer &#39;a &#39;\\&#39;&#39;b&#39;\\&#39;&#39;&lt;.json&#39;"
    #expect(head.contains("Tessera \(TesseraVersion.text), 2023-11-14 22:13:20Z, \(command)</p>"), "\(head)")
    #expect(head.contains(escaped(report.machine.processor)))
    let totals = try #require(report.full).totals
    let saved = 100 * (1 - Double(totals.fusedBytesLinearAsLeast) / Double(totals.unfusedBytes))
    #expect(head.contains("<b>\(String(format: "%.1f", saved))</b> %</strong> fewer bytes moved by fusion alone"))
    #expect(head.contains("<b data-key=\"endToEndFull.speedup\">"))
    #expect(head.contains("as fast, end to end, as the unfused sequence, whose linear maps are OpenBLAS&#39;s"))
    let fastest = try #require(report.peer?.layer.filter { $0.ratio != nil }.min { $0.microseconds < $1.microseconds })
    #expect(head.contains("<b data-key=\"peer.layer.\(fastest.mode.rawValue).ratio\">"))
    let alone = try tinyReport.get().rendered(as: .html, draw: { _ in "" })
    #expect(!alone.contains("data-key=\"peer.") && !alone.contains("class=\"origin\""))
  }

  @Test func termsStandBeforeTheTableThatHasThem() throws {
    let page = try report.rendered(as: .html, draw: { _ in "" })
    let table = try #require(page.firstRange(of: "Table A.1.")).lowerBound
    for term in ["Q", "D", "B", "B̂", "MUE", "%peak"] {
      let place = try #require(page.firstRange(of: "<dt>\(term)</dt>"), "\(term)").lowerBound
      #expect(place < table)
    }
  }

  /// A page that is read without its measurer says itself where its times are weak.
  @Test func fewRunsAreWarnedOf() throws {
    func warnings(_ runs: Int) throws -> [Substring] {
      try measuredReport(on: [.paper(.tiled)], runs: runs).rendered(as: .html, draw: { _ in "" })
        .matches(of: /<p class="warning" role="alert">WARNING: ([^<]*)</).map(\.output.1)
    }
    #expect(try warnings(4).contains { $0.contains("the median of only 4 runs") })
    #expect(try warnings(5).allSatisfy { !$0.contains("median of only") })
  }

  @Test func textIsEscaped() throws {
    #expect(escaped("a<b>&\"c\"'d'") == "a&lt;b&gt;&amp;&quot;c&quot;&#39;d&#39;")
    let text = String(decoding: try fixtureData("pytorch-tiny.json"), as: UTF8.self)
      .replacing("\"peer\": \"PyTorch\"", with: "\"peer\": \"<script>'&\"")
    let peer = try PeerMeasurement(text: Data(text.utf8), file: "peer.json", problem: tinyProblem(), threads: 2)
    let page = try tinyReport(beside: peer).rendered(as: .html, draw: Self.drawing)
    #expect(!page.contains("<script"))
    #expect(try PageReader(page).elements.contains("table"))
  }
}
