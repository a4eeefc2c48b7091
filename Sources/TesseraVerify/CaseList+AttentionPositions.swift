import Tessera

/// Where queries stand, and what each head has of its own: slopes and sinks.
extension CaseList {
  /// Queries anywhere among the keys, before them and past them; bounds that are none.
  static func attentionOffsets() throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    let masks: [AttentionMask] = [
      .causal(alignment: .topLeft), .window(left: 3, right: 2), .window(left: -1, right: 4),
      .window(left: 4, right: -1), .window(left: -1, right: -1), .window(left: 90, right: 90), .full,
    ]
    for (queries, keys) in [(5, 40), (17, 70), (70, 17), (3, 600), (14, 1100)] {
      let shape = AttentionShape(batch: 3, heads: 2, queries: queries, keys: keys, dimension: 8)
      for mask in masks {
        cases.append(
          try shape.with(.hiddenPoison) {
            $0.mask = mask
            $0.queryOffsets = [11, -2, keys - 2]
          })
      }
      cases.append(
        try shape.with(.hiddenPoison) {
          $0.mask = .causal()
          $0.keyLengths = [keys, 7, keys - 1]
          $0.queryOffsets = [-queries, keys + 9, 0]
        })
    }
    cases.append(
      try AttentionShape(batch: 2).with {
        $0.mask = .window(left: 1 << 31, right: 1 << 31)
        $0.queryOffsets = [Extent.largest, -Extent.largest]
      })
    return cases
  }

  static func attentionHeadParameters(of shape: AttentionShape) throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    for slopes in AttentionSlopes.allCases {
      cases.append(try shape.with { $0.slopes = slopes })
      for values in [AttentionValues.hiddenPoison, .visiblePoison, .large] {
        cases.append(
          try shape.with(values) {
            ($0.slopes, $0.mask) = (slopes, .window(left: 15, right: 4, alignment: .topLeft))
            $0.keyLengths = [$0.keyLength - 2, 9]
          })
      }
      cases.append(
        try shape.with {
          ($0.slopes, $0.queryOffsets, $0.softcap) = (slopes, [40, -3], 3)
          $0.bias = BatchedMatrixLayout(scoresOf: $0, heads: true)
        })
    }
    for values in AttentionValues.allCases {
      for lengths in [nil, [shape.keys - 2, 0]] {
        cases.append(
          try shape.with(values) {
            ($0.hasSinks, $0.mask, $0.keyLengths) = (true, .causal(), lengths)
          })
        cases.append(
          try shape.with(values) {
            ($0.hasSinks, $0.keyLengths, $0.softcap) = (true, lengths, 4)
            $0.bias = BatchedMatrixLayout(scoresOf: $0)
            $0.booleanMask = BatchedMatrixLayout(scoresOf: $0, queries: true)
          })
      }
    }
    return cases
  }
}
