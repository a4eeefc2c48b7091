import Tessera

extension CaseList {
  /// Numbers with no row, with one and with many, tables larger and smaller than the rows; all of it onto an earlier
  /// gradient, too.
  static func embeddingRowsGradientCases() -> [VerificationCase] {
    var shapes = [
      (1, 1, 1), (7, 3, 11), (130, 5, 3), (0, 1, 4), (0, 2, 0), (3, 0, 4), (0, 0, 0), (1, 64, 300), (1000, 7, 3),
      (4099, 3, 2), (50, 3, 65_537),
    ]
    // Vectors have 4, 8 or 16 lanes, and loops take up to four of them at once: 64.
    shapes += (around(8, 16, 32, 64) + [131]).map { (3, $0, 9) }
    // Of one number: rows that a sweep takes, and those that are added up in single precision.
    shapes += (around(8, 16, 128) + [256, 257, 300]).map { ($0, 13, 1) }
    // Where row numbers take a byte more.
    shapes += around(256).map { (50, 3, $0) }
    // Several work items, of rows that are named and of such that are not; numbers whose columns are cut.
    shapes += [(307, 257, 40), (40, 16, 5000), (2100, 131, 2), (2100, 64, 2), (2100, 300, 1)]
    var cases = shapes.map { VerificationCase([.rows: $0, .columns: $1, .vocabulary: $2]) }
    cases += stridedEmbeddingRowsGradients
    for (rows, columns, vocabulary) in [(40, 33, 64), (30, 64, 50), (20, 9, 30)] {
      var special = VerificationCase([.rows: rows, .columns: columns, .vocabulary: vocabulary])
      special.values = .special
      special.notes = ["special values"]
      cases.append(special)
    }
    return cases + cases.map { $0.inPlace(of: "earlier-table-gradient") }
  }

  /// Gaps between rows, aligned rows, and what is read with its rows in reverse or one row seen many times.
  private static var stridedEmbeddingRowsGradients: [VerificationCase] {
    [(5, 17, 9), (30, 64, 20), (300, 40, 2)].flatMap { rows, columns, vocabulary in
      [("gaps", 1), ("reverse", -1), ("repeated", 0)].flatMap { name, direction in
        [3, 64 - columns % 64].map { gap in
          let read = direction * (columns + 1)
          let written = MatrixLayout(
            rows: vocabulary, columns: columns, rowStride: columns + gap, offset: gap == 3 ? 5 : 0)
          var strided = VerificationCase([.rows: rows, .columns: columns, .vocabulary: vocabulary])
          strided.layouts = [
            "output-gradient": MatrixLayout(
              rows: rows, columns: columns, rowStride: read, offset: 2 + (read < 0 ? -read * (rows - 1) : 0)),
            "table-gradient": written, "earlier-table-gradient": written,
          ]
          // Memory begins on a page, so that aligned rows are aligned in memory.
          if gap != 3 { strided.placement = .beginsAtGuard }
          strided.notes = [name, "rows of the table \(columns + gap) apart"]
          return strided
        }
      }
    }
  }
}
