import Tessera

extension CaseList {
  /// Products' sizes in one chunk and in several, each option, and both modes. Without columns there are no targets,
  /// and so no rows.
  static func linearCrossEntropyCases() -> [VerificationCase] {
    var cases = (productSizes + [(1030, 70, 40), (70, 1030, 40), (40, 33, 0), (0, 0, 0), (0, 0, 4)])
      .filter { $0.columns > 0 || $0.rows == 0 }
      .map { VerificationCase([.rows: $0.rows, .columns: $0.columns, .depth: $0.depth]) }
    for (index, options) in crossEntropyOptions.enumerated() {
      for (rows, columns, depth) in [(37, 19, 12), (5, 1, 3), (1, 130, 65), (70, 65, 9)] {
        var result = VerificationCase([.rows: rows, .columns: columns, .depth: depth])
        (result.crossEntropy, result.values) = (options, index % 2 == 0 ? .wide : .uniform)
        result.notes = ["options \(index)"]
        cases.append(result)
      }
    }
    for (rows, columns, depth) in [(5, 17, 33), (12, 64, 16), (30, 9, 40)] {
      var strided = VerificationCase([.rows: rows, .columns: columns, .depth: depth])
      strided.crossEntropy.rowsPerChunk = 7
      let written = MatrixLayout(rows: columns, columns: depth, rowStride: depth + 7, offset: 3)
      strided.layouts = [
        "input": MatrixLayout(rows: rows, columns: depth, rowStride: -(depth + 3), offset: (rows - 1) * (depth + 3)),
        "weight": MatrixLayout(rows: columns, columns: depth, rowStride: depth + 1, offset: 5),
        "input-gradient": MatrixLayout(rows: rows, columns: depth, rowStride: depth + 5, offset: 1),
        "weight-gradient": written, "earlier-weight-gradient": written,
      ]
      strided.notes = ["strided"]
      cases.append(strided)
    }
    var special = VerificationCase([.rows: 40, .columns: 19, .depth: 37])
    (special.values, special.notes) = (.special, ["special values"])
    cases.append(special)
    return withModes(cases)
  }

  private static var crossEntropyOptions: [CrossEntropyOptions] {
    [
      CrossEntropyOptions(rowsPerChunk: 1), CrossEntropyOptions(reduction: .sum, rowsPerChunk: 10),
      CrossEntropyOptions(labelSmoothing: 0.1, scale: 3, rowsPerChunk: 16),
      CrossEntropyOptions(labelSmoothing: 1, reduction: .sum, scale: -0.5),
      // Some rows, and of one column all.
      CrossEntropyOptions(ignoredTarget: 0, labelSmoothing: 0.3, rowsPerChunk: 9),
      CrossEntropyOptions(ignoredTarget: 0, reduction: .sum, scale: 0.25),
    ]
  }

  /// With weights packed, onto an earlier gradient, and in inference.
  private static func withModes(_ cases: [VerificationCase]) -> [VerificationCase] {
    let compared = cases.map { original in
      var result = original
      result.comparesByTerms = true
      return result
    }
    func packed(_ cases: [VerificationCase]) -> [VerificationCase] {
      cases.filter { $0.request.extents[.rows] % 5 != 2 }.map { original in
        var packed = original
        packed.request.packsWeights = true
        packed.notes.append("weights packed")
        return packed
      }
    }
    let inference = compared.map { original in
      var result = original
      result.mode = .inference
      result.layouts = original.layouts.filter { ["input", "weight"].contains($0.key) }
      result.notes.append("inference")
      return result
    }
    let onto = compared.map { $0.inPlace(of: "earlier-weight-gradient") }
    return compared + onto + packed(compared) + inference + packed(inference)
  }
}
