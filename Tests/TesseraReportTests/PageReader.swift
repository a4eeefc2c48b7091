import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A page as an XML parser reads it, which throws where it is not well-formed.
final class PageReader: NSObject, XMLParserDelegate {
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
    if ["td", "b"].contains(name) { isInCell = false }
  }
}

/// That a cell says the figure which the JSON has under its key.
func expectFigure(_ text: String, _ json: Any, _ key: String) {
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
