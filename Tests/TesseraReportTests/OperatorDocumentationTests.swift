import Foundation
import Tessera
import TesseraReport
import Testing

/// docs/operators.md is made from the catalog; whoever changes one changes the other.
@Suite struct OperatorDocumentationTests {
  @Test func fileAndCatalogAgree() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = try String(contentsOf: root.appending(path: "docs/operators.md"), encoding: .utf8)
    #expect(file == OperatorDocumentation.markdown, "run `make docs`")
  }

  @Test func everyOperatorHasASection() {
    for entry in OperatorCatalog.entries {
      #expect(OperatorDocumentation.markdown.contains("\n## \(entry.descriptor.name)\n"))
    }
  }
}
