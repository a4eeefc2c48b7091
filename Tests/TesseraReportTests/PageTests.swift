import Foundation
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
    #expect(page.matches(of: /Not drawn: gnuplot &lt;is&gt; missing/).count == 3)
    #expect(try PageReader(page).elements.contains("table"))
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
