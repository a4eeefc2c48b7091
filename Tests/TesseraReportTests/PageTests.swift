import Foundation
import TesseraReport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

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

  private func expectFigure(_ text: String, _ json: Any, _ key: String) {
    let value = lookUp(json, key)
    if let list = value as? [String] {
      #expect(text == list.joined(separator: "/"), "\(key)")
    } else if let word = value as? String, !key.hasSuffix(".class") {
      #expect(text == word, "\(key)")
    } else if let number = value as? Double {
      var figure = number
      if ["inputElements", "outputElements", "ytes"].contains(where: { key.hasSuffix($0) }) { figure /= 1e6 }
      if key.hasSuffix(".spread") { figure *= 100 }
      let digits = text.drop { "~^".contains($0) }
      let decimals = digits.firstIndex(of: ".").map { digits.distance(from: $0, to: digits.endIndex) - 1 } ?? 0
      #expect(String(format: "%.\(decimals)f", figure) == digits, "\(key)")
    } else if value == nil || value is NSNull {
      #expect(text.isEmpty, "\(key)")
    }
  }

  /// `rows.qkv.unfused.mue`: members by name, elements of lists by `id`, or by `tokens` in a sweep.
  private func lookUp(_ json: Any, _ key: String) -> Any? {
    key.split(separator: ".").reduce(json as Any?) { value, name in
      if let list = value as? [[String: Any]] {
        return list.first {
          $0["id"] as? String == String(name) || ($0["tokens"] as? Int).map(String.init) == String(name)
        }
      }
      return (value as? [String: Any])?[String(name)]
    }
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

  /// With gnuplot where there is one.
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

/// A page as an XML parser reads it, which throws where it is not well-formed.
private final class PageReader: NSObject, XMLParserDelegate {
  let text: String
  private(set) var cells: [(key: String, text: String)] = []
  private(set) var attributes: [(name: String, value: String)] = []
  private(set) var elements: Set<String> = []
  private var isInCell = false

  init(_ text: String) throws {
    self.text = text
    super.init()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    guard parser.parse() else { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    elements.insert(name)
    self.attributes += attributes.map { ($0.key, $0.value) }
    guard let key = attributes["data-key"] else { return }
    cells.append((key, ""))
    isInCell = true
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    if isInCell { cells[cells.count - 1].text += text }
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    if name == "td" { isInCell = false }
  }
}
