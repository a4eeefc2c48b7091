import Tessera
import TesseraVerify
import Testing

/// What the shape lists must not lose.
@Suite struct CaseListTests {
  @Test(arguments: OperatorCatalog.entries.map(\.descriptor.name)) func coversTheEdges(name: String) throws {
    let descriptor = try OperatorCatalog.entry(named: name).descriptor
    let cases = CaseList.cases(for: descriptor)
    for extent in descriptor.extents {
      #expect(cases.contains { $0.extents[extent] == 0 }, "no \(extent)")
      #expect(cases.contains { $0.extents[extent] == 1 }, "one of \(extent)")
    }
    for width in [7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65] {
      #expect(cases.contains { $0.extents[.columns] == width }, "\(width) columns")
    }
    #expect(cases.contains { $0.values == .special })
    let strides = cases.flatMap { $0.layouts.values.map { $0.rowStride - $0.columns } }
    let batchedStrides = cases.flatMap { $0.batchedLayouts.values.map { $0.rowStride - $0.columns } }
    #expect((strides + batchedStrides).contains { $0 > 0 }, "gaps")
    #expect(descriptor.aliasing.isEmpty || cases.contains { $0.isInPlace })
    if name == "dropout" || descriptor.fuses.contains("dropout") {
      for probability in [0, 0.1, 0.5, 1] { #expect(cases.contains { $0.dropProbability == probability }) }
    }
    if descriptor.writes.contains(where: \.isKeptForBackward) {
      for mode in ExecutionMode.allCases { #expect(cases.contains { $0.mode == mode }) }
    }
    #expect(Set(cases.map(\.placement)) == Set(GuardedBuffer.Placement.allCases))
  }
}
