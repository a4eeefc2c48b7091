import Tessera

extension CaseList {
  /// Blocks of one query and key, around the granule, the tiles and the groups, that do not divide the lengths, larger
  /// than everything; nothing, everything and some visible; with masks, documents, lengths and the scores' options; few
  /// rows, grouped heads, split keys.
  static func attentionBlockMasks() throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    for shape in [
      AttentionShape(batch: 2, heads: 2, groupSize: 2, queries: 2, keys: 40),
      AttentionShape(batch: 2, heads: 2, groupSize: 2, queries: 19, keys: 150),
      AttentionShape(queries: 3, keys: 700, dimension: 8), AttentionShape(queries: 130, keys: 600, dimension: 8),
      AttentionShape(queries: 14, keys: 2100, dimension: 5), AttentionShape(queries: 30, keys: 200, dimension: 512),
    ] {
      for (index, (queries, keys)) in [(1, 1), (12, 16), (7, 63), (24, 64), (48, 65), (96, 128), (500, 9), (5, 5000)]
        .enumerated()
      {
        for percent in [20, 60] {
          let recipe = BlockMaskRecipe(
            queriesPerBlock: queries, keysPerBlock: keys, broadcast: index % 4, percent: percent, seed: UInt64(index))
          cases.append(try masked(shape, .hiddenPoison, recipe) { _ in })
          cases.append(
            try masked(shape, .visiblePoison, recipe) { ($0.mask, $0.writesLogSumExp) = (.causal(), index % 2 == 0) })
        }
      }
      for percent in [0, 100] {
        let recipe = BlockMaskRecipe(queriesPerBlock: 16, keysPerBlock: 32, percent: percent)
        cases.append(try masked(shape, .hiddenPoison, recipe) { $0.hasSinks = percent == 0 })
      }
      cases += try attentionBlockMaskOptions(of: shape)
    }
    for shape in [
      AttentionShape(batch: 0), AttentionShape(heads: 0), AttentionShape(queries: 0), AttentionShape(keys: 0),
    ] {
      cases.append(try masked(shape, .ordinary, BlockMaskRecipe(queriesPerBlock: 4, keysPerBlock: 4)) { _ in })
    }
    return cases
  }

  private static func attentionBlockMaskOptions(of shape: AttentionShape) throws(TesseraError) -> [VerificationCase] {
    let recipe = BlockMaskRecipe(queriesPerBlock: 6, keysPerBlock: 24, broadcast: 0, percent: 60, seed: 9)
    let dropout = try Dropout(probability: 0.3, seed: 4)
    let keys = shape.keys
    return [
      try masked(shape, .hiddenPoison, recipe) {
        $0.mask = .window(left: 30, right: 8, alignment: .topLeft)
        $0.documentStarts = [[Int]](repeating: [keys / 5, keys / 4], count: $0.batch)
      },
      try masked(shape, .hiddenPoison, recipe) {
        $0.keyLengths = Array([keys - 3, 9].prefix($0.batch))
        $0.queryOffsets = Array([keys / 2, -1].prefix($0.batch))
        $0.mask = .causal()
      },
      try masked(shape, .hiddenPoison, recipe) {
        ($0.softcap, $0.slopes, $0.dropout) = (2, .perHead, dropout)
        $0.bias = BatchedMatrixLayout(scoresOf: $0, heads: true)
        $0.booleanMask = BatchedMatrixLayout(scoresOf: $0)
      },
      try masked(shape, .large, recipe) { $0.hasSinks = true },
    ]
  }

  private static func masked(
    _ shape: AttentionShape, _ values: AttentionValues, _ recipe: BlockMaskRecipe,
    _ change: (inout AttentionProblem) -> Void
  ) throws(TesseraError) -> VerificationCase {
    let mask = try recipe.mask(for: shape.problem())
    return try shape.with(values, note: "\(recipe.percent) %, broadcast \(recipe.broadcast)") {
      $0.blockMask = mask
      change(&$0)
    }
  }
}
