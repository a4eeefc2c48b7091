import Tessera
import TesseraVerify
import Testing

/// What the shape lists must not lose.
@Suite struct CaseListTests {
  @Test(arguments: OperatorCatalog.entries.map(\.descriptor.name)) func coversTheEdges(name: String) throws {
    let descriptor = try OperatorCatalog.entry(named: name).descriptor
    let cases = try CaseList.cases(for: descriptor)
    for extent in descriptor.extents where !extent.isDerived {
      let isDimension = Self.isAttention(name) && [.headDimension, .valueDimension].contains(extent)
      #expect(isDimension || cases.contains { $0.extents[extent] == 0 }, "no \(extent)")
      #expect(cases.contains { $0.extents[extent] == 1 }, "one of \(extent)")
    }
    for option in descriptor.options {
      #expect(cases.contains { $0.request.options.contains(option) }, "no case with \(option.rawValue)")
    }
    #expect(Set(cases.map(\.placement)) == Set(GuardedBuffer.Placement.allCases))
    if descriptor.writes.contains(where: \.isKeptForBackward) {
      for mode in ExecutionMode.allCases { #expect(cases.contains { $0.mode == mode }) }
    }
    guard !Self.isAttention(name) else { return try coversAttention(cases) }
    let columns = descriptor.extents.contains(.columns) ? Extent.columns : .headDimension
    for width in [7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65] {
      #expect(cases.contains { $0.extents[columns] == width }, "\(width) columns")
    }
    // Stored elements and row numbers have no special values.
    #expect(name == "embedding-rows" || cases.contains { [.special, .specialColumns].contains($0.values) })
    let strides = cases.flatMap { $0.layouts.values.map { $0.rowStride - $0.columns } }
    let batchedStrides = cases.flatMap { $0.batchedLayouts.values.map { $0.rowStride - $0.columns } }
    #expect((strides + batchedStrides).contains { $0 > 0 }, "gaps")
    #expect(descriptor.aliasing.isEmpty || cases.contains { $0.isInPlace })
    // Over every input that the output may be.
    let inputs = Set(cases.compactMap { $0.isInPlace ? $0.inPlaceInput : nil })
    #expect(descriptor.aliasing.values.allSatisfy { $0.count == 1 || inputs.isSuperset(of: $0) })
    if descriptor.options.contains(.sum) {
      // Gradients know nothing of the bias.
      let options = [(true, true), (false, true), (false, false)]
      for (hasBias, returnsSum) in options where hasBias || descriptor.options.contains(.bias) {
        #expect(cases.contains { $0.hasBias == hasBias && $0.returnsSum == returnsSum && $0.mode == .inference })
        #expect(cases.contains { $0.hasBias == hasBias && $0.returnsSum == returnsSum && $0.isInPlace })
      }
    }
    if descriptor.options.contains(.activation) {
      for activation in Activation.allCases { #expect(cases.contains { $0.activation == activation }) }
    }
    if descriptor.options.contains(.dropout) {
      for probability in [0, 0.1, 0.5, 1] { #expect(cases.contains { $0.dropProbability == probability }) }
    }
  }

  private static func isAttention(_ name: String) -> Bool { ["attention", "attention-gradients"].contains(name) }

  private func coversAttention(_ cases: [VerificationCase]) throws {
    for dimension in [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 80, 128, 256, 512] {
      for extent in [Extent.headDimension, .valueDimension] {
        #expect(cases.contains { $0.extents[extent] == dimension }, "\(extent) \(dimension)")
      }
    }
    for (extent, sizes) in [
      (Extent.queryLength, [3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 127, 128, 129, 511, 512, 513]),
      (.keyLength, [7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1023, 1024, 1025]),
    ] {
      for size in sizes { #expect(cases.contains { $0.extents[extent] == size }, "\(extent) \(size)") }
    }
    let problems = cases.compactMap(\.attention)
    #expect(problems.count == cases.count)
    for probability in [0, 0.1, 0.5, 1] { #expect(problems.contains { $0.dropout?.probability == probability }) }
    #expect(problems.contains { $0.softcap != nil && $0.keyLengths != nil })
    #expect(problems.contains { $0.bias != nil && $0.booleanMask != nil })
    #expect(problems.contains { $0.documentStarts != nil && $0.blockMask == nil })
    #expect(problems.contains { $0.blockMask?.batch == 2 } && problems.contains { $0.blockMask?.heads == 4 })
    #expect(problems.contains { $0.keys.innerStride == 0 } && problems.contains { $0.values.outerStride == 0 })
    #expect(problems.contains { $0.queryHeads > $0.keyValueHeads && $0.keyValueHeads > 1 })
    for values in AttentionValues.allCases { #expect(cases.contains { $0.attentionValues == values }) }
  }
}
