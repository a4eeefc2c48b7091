import Tessera

extension CaseList {
  /// Forward's cases, and the edges of the backward pass's own tiles. Compared by terms: gradients are differences of
  /// numbers that may be as large as each other, whose rounding stays.
  static func attentionGradientCases() throws(TesseraError) -> [VerificationCase] {
    var cases = try attentionCases() + attentionGradientShapes() + attentionGradientSplits()
    cases += try attentionParameterGradients()
    for index in cases.indices { cases[index].comparesByTerms = true }
    return cases
  }

  /// Tiles of 96 queries, in groups of 24 and 48, and of 192 keys; of wide heads of 64 and 128.
  private static func attentionGradientShapes() throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    for queries in around(24, 48, 96, 192) {
      let shape = AttentionShape(heads: 2, queries: queries, keys: 33, dimension: 16)
      cases.append(try shape.with())
      cases.append(try shape.with { $0.mask = .causal(alignment: .topLeft) })
    }
    for keys in around(64, 192, 384) {
      let shape = AttentionShape(heads: 2, groupSize: 2, queries: 29, keys: keys, dimension: 32)
      cases.append(try shape.with())
      cases.append(try shape.with { $0.mask = .window(left: 20, right: 7) })
      cases.append(try shape.with(.hiddenPoison) { $0.keyLengths = [keys - 3] })
    }
    for (dimension, valueDimension) in [(128, 128), (64, 512), (512, 64), (130, 7)] {
      cases.append(
        try AttentionShape(queries: 100, keys: 135, dimension: dimension, valueDimension: valueDimension).with {
          $0.mask = .causal()
        })
    }
    return cases
  }

  /// Keys in several ranges, whose parts of the queries' gradients are added; and so many heads that each has one.
  private static func attentionGradientSplits() throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    let dropout = try Dropout(probability: 0.1, seed: 1)
    for shape in [
      AttentionShape(queries: 101, keys: 500, dimension: 8),
      AttentionShape(heads: 40, queries: 20, keys: 390, dimension: 4),
      AttentionShape(batch: 2, heads: 2, groupSize: 3, queries: 30, keys: 600, dimension: 16),
    ] {
      cases.append(try shape.with())
      for values in AttentionValues.allCases { cases.append(try shape.with(values) { $0.mask = .causal() }) }
      cases.append(
        try shape.with(.hiddenPoison) {
          $0.mask = .window(left: 90, right: 0, alignment: .topLeft)
          $0.booleanMask = BatchedMatrixLayout(scoresOf: $0)
        })
      cases.append(
        try shape.with {
          ($0.dropout, $0.softcap, $0.hasSinks, $0.slopes) = (dropout, 2, true, .perHead)
          $0.bias = BatchedMatrixLayout(scoresOf: $0, heads: true)
        })
    }
    return cases
  }
}
