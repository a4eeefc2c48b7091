import Tessera

extension CaseList {
  static func attentionMasks() throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    let bounds: [(left: Int?, right: Int?)] = [
      (0, 0), (3, 2), (nil, 4), (4, nil), (70, 0), (0, 70), (nil, nil), (.max, 1), (5, .max),
    ]
    var masks: [AttentionMask] = []
    for alignment in AttentionMask.Alignment.allCases {
      masks.append(.causal(alignment: alignment))
      masks += bounds.map { .window(left: $0.left, right: $0.right, alignment: alignment) }
    }
    for (queries, keys) in [(17, 17), (9, 33), (33, 9), (70, 150), (150, 70), (3, 40), (5, 2), (1, 300), (8, 130)] {
      for mask in masks {
        cases.append(try AttentionShape(heads: 2, queries: queries, keys: keys, dimension: 8).with { $0.mask = mask })
      }
    }
    // First or last tiles, of 64 and 512 keys, that are hidden from every query of a block or of the call.
    for shape in [
      AttentionShape(queries: 20, keys: 1100), AttentionShape(queries: 6, keys: 700),
      AttentionShape(queries: 30, keys: 200, dimension: 512), AttentionShape(queries: 300, keys: 60),
      AttentionShape(queries: 270, keys: 530, dimension: 4),
    ] {
      for alignment in AttentionMask.Alignment.allCases {
        for mask in [
          .causal(alignment: alignment), .window(left: 5, right: 5, alignment: alignment),
          .window(left: nil, right: 40, alignment: alignment),
        ] as [AttentionMask] {
          cases.append(try shape.with { $0.mask = mask })
        }
      }
    }
    for mask in [.full] + masks {
      for (queries, lengths) in [(3, [0, 5, 20, 1]), (13, [20, 0, 7, 19])] {
        let shape = AttentionShape(batch: 4, heads: 2, queries: queries, keys: 20)
        cases.append(
          try shape.with(.hiddenPoison) {
            $0.mask = mask
            $0.keyLengths = lengths
          })
      }
    }
    return try cases + attentionOffsets()
  }

  /// Softcap, bias, Boolean mask, dropout.
  static func attentionScoreOptions() throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    let shapes = [
      AttentionShape(batch: 2, heads: 2, groupSize: 2, queries: 3, keys: 29),
      AttentionShape(batch: 2, heads: 2, groupSize: 2, queries: 15, keys: 70),
    ]
    for shape in shapes {
      for cap: Float in [0, 0.01, 0.7, 30, 1e6] {
        cases.append(try shape.with(.wide) { $0.softcap = cap })
        cases.append(try shape.with { $0.softcap = cap })
      }
      for scale: Float in [0, -0.3, 2, 1] { cases.append(try shape.with { $0.scale = scale }) }
      for broadcast in 0..<8 {
        let note = "broadcast \(broadcast)"
        cases.append(try shape.with(note: note) { $0.bias = BatchedMatrixLayout(scoresOf: $0, broadcast: broadcast) })
        cases.append(
          try shape.with(note: note) { $0.booleanMask = BatchedMatrixLayout(scoresOf: $0, broadcast: broadcast) })
        cases.append(
          try shape.with(.hiddenPoison, note: note) {
            $0.bias = BatchedMatrixLayout(scoresOf: $0, broadcast: broadcast)
            $0.booleanMask = BatchedMatrixLayout(scoresOf: $0, broadcast: (broadcast + 3) % 8)
            $0.mask = .causal()
          })
      }
      // 1e-6 rounds to nothing dropped, 0.99999 to one draw in 65536 kept.
      for probability in [0, 1e-6, 0.1, 0.5, 0.99999, 1] {
        let dropout = try Dropout(probability: probability, seed: 1)
        cases.append(try shape.with { $0.dropout = dropout })
        cases.append(
          try shape.with(.visiblePoison) {
            $0.dropout = dropout
            $0.dropoutSequences = [70_000, 3]
            $0.mask = .window(left: 9, right: 12)
          })
      }
    }
    for shape in shapes { cases += try attentionHeadParameters(of: shape) }
    // Draws of late columns and rows, in several tiles.
    let dropout = try Dropout(probability: 0.5, seed: 1)
    cases.append(try AttentionShape(queries: 14, keys: 1030).with { $0.dropout = dropout })
    cases.append(try AttentionShape(queries: 270, keys: 70).with { $0.dropout = dropout })
    cases.append(try AttentionShape(batch: 2, queries: 2, keys: 270).with { $0.dropout = dropout })
    return cases
  }

  /// Keys split into ranges: few queries from 257 keys on, a block of them from 2048 on.
  static func attentionSplits() throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    let dropout = try Dropout(probability: 0.1, seed: 1)
    for keys in around(256, 512, 1024, 1536) + [2050, 4099] {
      cases.append(try AttentionShape(heads: 2, groupSize: 4, queries: 1, keys: keys).with())
    }
    cases.append(try AttentionShape(queries: 5, keys: 257).with { $0.mask = .causal(alignment: .bottomRight) })
    // So many heads that an item has all keys, or several tiles of them.
    for (heads, keys) in [(64, 700), (24, 1300)] {
      let shape = AttentionShape(heads: heads, queries: 1, keys: keys, dimension: 4)
      cases.append(try shape.with())
      cases.append(try shape.with(.hiddenPoison) { $0.mask = .window(left: 300, right: 0, alignment: .bottomRight) })
    }
    for shape in [
      AttentionShape(batch: 2, heads: 1, groupSize: 3, queries: 2, keys: 1100, dimension: 16),
      AttentionShape(queries: 14, keys: 2100, dimension: 5), AttentionShape(queries: 7, keys: 1300, dimension: 65),
    ] {
      cases.append(try shape.with())
      cases.append(try shape.with { $0.writesLogSumExp = false })
      for values in AttentionValues.allCases {
        cases.append(try shape.with(values) { $0.mask = .causal(alignment: .topLeft) })
      }
      cases.append(try shape.with(.visiblePoison))
      cases.append(try shape.with(.large))
      cases.append(try shape.with { $0.mask = .window(left: 600, right: 0) })
      cases.append(try shape.with(.hiddenPoison) { $0.mask = .window(left: 3, right: nil, alignment: .bottomRight) })
      cases.append(
        try shape.with(.hiddenPoison) {
          $0.keyLengths = Array([700, 0].prefix($0.batch))
          $0.softcap = 2
        })
      cases.append(
        try shape.with {
          ($0.dropout, $0.hasSinks) = (dropout, true)
          $0.bias = BatchedMatrixLayout(scoresOf: $0, queries: true)
          $0.booleanMask = BatchedMatrixLayout(scoresOf: $0, heads: true)
        })
    }
    return cases
  }

  static func attentionSpecialValues() throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    for shape in [
      AttentionShape(batch: 3, heads: 2, groupSize: 2, queries: 4, keys: 33, dimension: 16),
      AttentionShape(batch: 3, heads: 2, groupSize: 2, queries: 30, keys: 70, dimension: 16),
      AttentionShape(heads: 2, queries: 40, keys: 600, dimension: 3), AttentionShape(heads: 5, queries: 3, keys: 150),
    ] {
      for values in AttentionValues.allCases {
        cases.append(try shape.with(values))
        cases.append(try shape.with(values) { $0.mask = .causal() })
        cases.append(try shape.with(values) { $0.mask = .window(left: 6, right: 3, alignment: .topLeft) })
        cases.append(
          try shape.with(values) {
            $0.booleanMask = BatchedMatrixLayout(scoresOf: $0)
            $0.keyLengths = Array([$0.keyLength - 3, 9, 0].prefix($0.batch))
          })
      }
    }
    return cases
  }
}
