import TesseraCore
import Testing

@Suite struct MatrixLayoutTests {
  private func check(_ layout: MatrixLayout, count: Int, written: Bool = false) throws(TesseraError) {
    try layout.check(
      rows: layout.rows, columns: layout.columns, count: count, written: written, operation: "test", operand: "x")
  }

  @Test func contiguousNeedsItsElements() throws {
    let layout = MatrixLayout(rows: 3, columns: 4)
    try check(layout, count: 12, written: true)
    #expect(throws: TesseraError.self) { try check(layout, count: 11) }
  }

  @Test func stridesReachFromOffset() throws {
    try check(MatrixLayout(rows: 3, columns: 4, rowStride: 10, offset: 5), count: 29)
    #expect(throws: TesseraError.self) {
      try check(MatrixLayout(rows: 3, columns: 4, rowStride: 10, offset: 5), count: 28)
    }
    // Rows in reverse: the first row lies last.
    try check(MatrixLayout(rows: 3, columns: 4, rowStride: -4, offset: 8), count: 12)
    #expect(throws: TesseraError.self) {
      try check(MatrixLayout(rows: 3, columns: 4, rowStride: -4, offset: 7), count: 12)
    }
    // One row seen three times.
    try check(MatrixLayout(rows: 3, columns: 4, rowStride: 0), count: 4)
  }

  @Test func writtenRowsMayNotOverlap() throws {
    #expect(throws: TesseraError.self) {
      try check(MatrixLayout(rows: 3, columns: 4, rowStride: 3), count: 100, written: true)
    }
    #expect(throws: TesseraError.self) {
      try check(MatrixLayout(rows: 3, columns: 4, rowStride: 0), count: 100, written: true)
    }
    try check(MatrixLayout(rows: 1, columns: 4, rowStride: 0), count: 4, written: true)
  }

  @Test(arguments: [
    MatrixLayout(rows: -1, columns: 4), MatrixLayout(rows: 1, columns: -4),
    MatrixLayout(rows: 1, columns: 1, offset: -1),
    MatrixLayout(rows: .max, columns: .max), MatrixLayout(rows: 3, columns: 4, rowStride: .max),
    MatrixLayout(rows: 3, columns: 4, rowStride: .min),
    MatrixLayout(rows: 2, columns: .max, rowStride: 1, offset: .max),
  ])
  func senselessExtentsAreErrors(layout: MatrixLayout) {
    #expect(throws: TesseraError.self) { try check(layout, count: .max) }
  }
}

@Suite struct BatchedMatrixLayoutTests {
  @Test func headsLieInsideSequences() {
    // [B 2, L 3, H 4, D 5]: plane b · 4 + h.
    let layout = BatchedMatrixLayout(
      planes: 8, innerPlanes: 4, rows: 3, columns: 5, outerStride: 60, innerStride: 5, rowStride: 20)
    #expect(layout.start(ofPlane: 5) == 65)
    #expect(layout.requiredCount == 120)
    #expect(layout.elementsAreApart)
  }

  /// The distance, by the start of every plane, is there where neighbours of a run are as far apart in each run.
  @Test func headsAreAtEqualDistances() throws {
    for (planes, innerPlanes) in [(8, 4), (8, 8), (8, 1), (4, 6), (6, 3), (8, 3), (1, 1), (0, 1)] {
      let layout = BatchedMatrixLayout(
        planes: planes, innerPlanes: innerPlanes, rows: 3, columns: 5, outerStride: 70, innerStride: 5, rowStride: 20,
        offset: 2)
      for heads in 1...max(1, planes) where planes % heads == 0 {
        let distances = Set(
          (0..<planes).filter { $0 % heads > 0 }.map { layout.start(ofPlane: $0) - layout.start(ofPlane: $0 - 1) })
        let expected = distances.count <= 1 ? distances.first ?? 0 : nil
        #expect(layout.stride(ofHeads: heads) == expected, "\(planes) planes, \(innerPlanes) inner, \(heads) heads")
      }
    }
  }

  @Test func overlappingPlanesAreSeen() {
    var layout = BatchedMatrixLayout(planes: 4, rows: 3, columns: 5)
    #expect(layout.elementsAreApart)
    layout.outerStride = 14
    #expect(!layout.elementsAreApart)
    layout.outerStride = 0
    #expect(!layout.elementsAreApart)
  }

  @Test func senselessExtentsHaveNoCount() {
    #expect(BatchedMatrixLayout(planes: -1, rows: 1, columns: 1).requiredCount == nil)
    #expect(BatchedMatrixLayout(planes: .max, rows: .max, columns: .max).requiredCount == nil)
    #expect(BatchedMatrixLayout(planes: 0, rows: 3, columns: 3).requiredCount == 0)
  }
}
