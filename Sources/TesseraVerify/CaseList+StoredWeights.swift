import Tessera

extension CaseList {
  /// Every type with rows around a register tile (4) and where they are few no more, columns around tiles, work items
  /// and panels, one block and several.
  static func storedLinearCases() -> [VerificationCase] {
    ElementType.weightTypes.flatMap { type in
      let (block, few) = (type.blockElements, StoredLinearPlan.fewRows)
      var cases = around(4, few).map { storedLinear(type, rows: $0, columns: 6, depth: 2 * block) }
      cases += [(1, 1, 1), (1, 33, 3), (3, 133, 1), (few - 3, 101, 3), (few + 5, 101, 3)].map {
        storedLinear(type, rows: $0, columns: $1, depth: $2 * block)
      }
      cases += [(0, 8, 1), (8, 0, 1), (2, 8, 0), (few + 4, 8, 0), (0, 0, 0)].map {
        storedLinear(type, rows: $0, columns: $1, depth: $2 * block)
      }
      // Work items of more than one tile, and panels that leave a rest.
      cases.append(storedLinear(type, rows: 1, columns: 643, depth: max(block, 96)))
      cases.append(storedLinear(type, rows: few + 1, columns: 643, depth: block))
      // At odd addresses, whatever the type.
      for (rows, offset) in [(1, 1), (5, 3), (few + 3, 1)] {
        var moved = storedLinear(type, rows: rows, columns: 7, depth: max(block, 64))
        moved.layouts["weight"] = MatrixLayout(rows: 1, columns: 1, offset: offset)
        moved.layouts["input"] = MatrixLayout(
          rows: rows, columns: max(block, 64), rowStride: max(block, 64) + 3, offset: 2)
        moved.layouts["output"] = MatrixLayout(rows: rows, columns: 7, rowStride: 10, offset: 5)
        moved.placement = .beginsAtGuard
        moved.notes.append("weights at byte \(offset), strided")
        cases += [moved, moved.inPlace(of: "residual")].map { plain in
          var result = plain
          if result.isInPlace { result.layouts["residual"] = result.layouts["output"] }
          return result
        }
      }
      cases += [1, 6, few + 1].map {
        storedLinear(type, rows: $0, columns: 21, depth: 2 * block).inPlace(of: "residual")
      }
      return cases
    } + storedNumberCases
  }

  /// Cases of plain numbers, whose depth may be anything; widths around vectors.
  private static var storedNumberCases: [VerificationCase] {
    var cases: [VerificationCase] = []
    for type in ElementType.weightTypes where type.blockElements == 1 {
      cases += (around(8, 16, 32, 64) + [1, 131]).map { storedLinear(type, rows: 2, columns: 5, depth: $0) }
      cases += around(8, 16, 32, 64).map { storedLinear(type, rows: 3, columns: $0, depth: 67) }
      var special = storedLinear(type, rows: 40, columns: 19, depth: 37)
      special.values = .special
      special.notes.append("special values")
      cases.append(special)
      for row in stride(from: 0, to: 8, by: 4) {
        special.extents[.rows] = row + 4
        cases.append(special)
      }
    }
    return cases
  }

  private static func storedLinear(_ type: ElementType, rows: Int, columns: Int, depth: Int) -> VerificationCase {
    var result = VerificationCase([.rows: rows, .columns: columns, .depth: depth])
    result.weightType = type
    result.notes = [type.name]
    return result
  }

  static func embeddingRowsCases() -> [VerificationCase] {
    ElementType.weightTypes.flatMap { type in
      let block = type.blockElements
      var cases = [(1, 1, 1), (7, 3, 11), (130, 5, 3), (0, 1, 4), (0, 2, 0), (3, 0, 4)].map {
        embeddingRows(type, rows: $0, columns: $1 * block, vocabulary: $2)
      }
      if block == 1 {
        cases += (around(8, 16, 32, 64) + [131]).map { embeddingRows(type, rows: 3, columns: $0, vocabulary: 9) }
      }
      var moved = embeddingRows(type, rows: 5, columns: max(block, 64), vocabulary: 6)
      moved.layouts["table"] = MatrixLayout(rows: 1, columns: 1, offset: 1)
      moved.layouts["output"] = MatrixLayout(
        rows: 5, columns: max(block, 64), rowStride: max(block, 64) + 3, offset: 5)
      moved.placement = .beginsAtGuard
      moved.notes.append("table at byte 1, strided")
      return cases + [moved]
    }
  }

  private static func embeddingRows(
    _ type: ElementType, rows: Int, columns: Int, vocabulary: Int
  ) -> VerificationCase {
    var result = VerificationCase([.rows: rows, .columns: columns, .vocabulary: vocabulary])
    result.weightType = type
    result.notes = [type.name]
    return result
  }
}
