import Tessera

extension CaseList {
  /// Documents of one key, of all keys, of several tiles and of no keys; starts past the last key; with masks, offsets
  /// and lengths; few rows, grouped heads, split keys.
  static func attentionDocuments() throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    let masks: [AttentionMask] = [
      .full, .causal(), .causal(alignment: .topLeft), .window(left: 5, right: 3), .window(left: nil, right: 70),
    ]
    for (queries, keys) in [(1, 1), (19, 19), (5, 40), (70, 150), (150, 70), (3, 300), (8, 520), (14, 1100)] {
      let shape = AttentionShape(heads: 2, queries: queries, keys: keys, dimension: 8)
      let starts = [
        [], [0], [keys], [keys - 1], Array(0..<min(keys, 30)), [keys / 3, keys / 2], [0, keys / 2, keys / 2, keys + 7],
        Array(stride(from: 0, to: keys, by: 64)),
      ]
      for (index, starts) in starts.enumerated() {
        cases.append(
          try shape.with(.hiddenPoison) {
            $0.documentStarts = [starts]
            $0.mask = masks[index % 2 == 0 ? 0 : index / 2]
          })
      }
      for mask in masks {
        cases.append(try shape.with { ($0.mask, $0.documentStarts) = (mask, [[keys / 4, keys / 2]]) })
      }
    }
    for (queries, keys) in [(2, 40), (21, 90), (3, 1100), (100, 400)] {
      let shape = AttentionShape(batch: 3, heads: 2, groupSize: 2, queries: queries, keys: keys, dimension: 9)
      for mask in masks {
        cases.append(
          try shape.with(.hiddenPoison) {
            ($0.mask, $0.queryOffsets) = (mask, [keys / 2, -2, keys - 1])
            $0.documentStarts = [[keys / 2 + 1], [0, 3, keys], [keys / 3, keys]]
          })
        cases.append(
          try shape.with(.visiblePoison) {
            ($0.mask, $0.keyLengths) = (mask, [keys, keys / 2, 1])
            ($0.documentStarts, $0.hasSinks, $0.slopes) = ([[10, 30], [], [1, 7]], true, .perHead)
          })
      }
      cases.append(
        try shape.with(.hiddenPoison) {
          $0.documentStarts = [[0, keys - 20], [5, 6, 7], [keys / 2]]
          $0.booleanMask = BatchedMatrixLayout(scoresOf: $0)
          $0.bias = BatchedMatrixLayout(scoresOf: $0, heads: true)
        })
    }
    return cases
  }
}
