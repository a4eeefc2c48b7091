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

  /// What some calls of an operator have and others lack is marked.
  @Test func whatACallMayLackIsOptional() throws {
    let usual = OperatorRequest(extents: [:])
    var requests = [OperatorRequest](repeating: usual, count: 5)
    (requests[0].hasBias, requests[1].returnsSum, requests[2].isInPlace) = (false, true, true)
    requests[3].mode = .inference
    for entry in OperatorCatalog.entries {
      let calls = requests.map { request in
        let descriptor = entry.descriptor(for: request)
        return descriptor.reads + descriptor.writes
      }
      let names = calls.map { Set($0.map(\.name)) }
      for operand in calls.joined() where !names.allSatisfy({ $0.contains(operand.name) }) {
        expectMarked(operand, of: entry)
      }
    }
  }

  /// Attention's are empty where a problem has none.
  @Test(arguments: ["attention", "attention-gradients"]) func whatAttentionMayLackIsOptional(_ name: String) throws {
    let entry = try OperatorCatalog.entry(named: name)
    let sizes: [Extent: Int] = [
      .batch: 1, .queryHeads: 2, .keyValueHeads: 2, .queryLength: 3, .keyLength: 3, .headDimension: 4,
      .valueDimension: 4,
    ]
    let request = try OperatorRequest(AttentionProblem(Extents(sizes)))
    let operands = entry.descriptor.reads + entry.descriptor.writes
    let missing = operands.filter { $0.elementCount(request.extents) == 0 }
    #expect(missing.map(\.name).starts(with: ["bias", "mask", "slopes", "sinks"]))
    for operand in missing { expectMarked(operand, of: entry) }
    #expect(operands.filter(\.isOptional) == missing)
  }

  private func expectMarked(_ operand: Operand, of entry: OperatorEntry) {
    let section = OperatorDocumentation.markdown(of: entry)
    let isSaid = ["read", "written"].contains { section.contains("\n| \(operand.name) | \($0), optional | ") }
    #expect(operand.isOptional && isSaid, "\(entry.descriptor.name): \(operand.name)")
    let row = OperatorDocumentation.markdown.split(separator: "\n").first {
      $0.hasPrefix("| [\(entry.descriptor.name)](")
    }
    #expect(row?.contains(" \(operand.name)‡") == true, "\(entry.descriptor.name): \(operand.name)")
  }
}
