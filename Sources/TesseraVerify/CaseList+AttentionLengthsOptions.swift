import Tessera

/// Sequences whose queries differ in number, with what follows from where each sequence's queries stand, and with
/// gradients that have elements for more queries and keys than a sequence has.
extension CaseList {
  /// Documents and blocks, that of each sequence or of all.
  static func attentionLengthsWithMasks(
    _ lengths: AttentionLengths, _ packing: AttentionPacking, of index: Int
  ) throws(TesseraError) -> [VerificationCase] {
    let masks: [AttentionMask] = [.full, .causal(), .causal(alignment: .topLeft), .window(left: 12, right: 3)]
    let blocks = [(1, 1), (6, 24), (16, 16), (5, 64)][index % 4]
    let recipe = BlockMaskRecipe(
      queriesPerBlock: blocks.0, keysPerBlock: blocks.1, broadcast: index % 4, percent: 60, seed: UInt64(index))
    let blockMask = try recipe.mask(for: lengths.problem(packing))
    let documents = lengths.keys.map { [$0 / 3, $0 / 2, $0] }
    return [
      try lengths.with(packing, .hiddenPoison) {
        ($0.documentStarts, $0.mask, $0.slopes) = (documents, masks[index % 4], .perHead)
      },
      try lengths.with(packing, .visiblePoison) {
        ($0.documentStarts, $0.hasSinks) = (documents, true)
        $0.queryOffsets = lengths.keys.indices.map { lengths.keys[$0] - 2 * $0 }
      },
      try lengths.with(packing, .hiddenPoison) { ($0.blockMask, $0.mask) = (blockMask, masks[(index + 1) % 4]) },
      try lengths.with(packing, .hiddenPoison) {
        ($0.blockMask, $0.documentStarts, $0.hasSinks) = (blockMask, documents, true)
        $0.booleanMask = BatchedMatrixLayout(scoresOf: $0, heads: true)
      },
    ]
  }

  /// Gradients of bias, slopes and sinks, the bias's summed over every choice of sequences, heads and queries in turn:
  /// the first sequence on an element may be shorter than one that adds to it.
  static func attentionLengthsWithParameterGradients(
    _ lengths: AttentionLengths, _ packing: AttentionPacking, of index: Int
  ) throws(TesseraError) -> [VerificationCase] {
    let broadcast = (5 * index + 3 * AttentionPacking.allCases.firstIndex(of: packing)!) % 8
    let documents = lengths.keys.map { [$0 / 2] }
    return [
      try lengths.with(packing, note: "bias gradient, broadcast \(broadcast)") {
        ($0.slopes, $0.hasSinks) = (.perSequenceAndHead, true)
        $0.bias = BatchedMatrixLayout(scoresOf: $0, broadcast: broadcast)
        $0.gradients.bias = $0.bias
      },
      try lengths.with(packing, .hiddenPoison, note: "bias gradient, broadcast \(7 - broadcast)") {
        ($0.slopes, $0.hasSinks, $0.mask, $0.documentStarts) = (.perHead, true, .causal(), documents)
        $0.bias = BatchedMatrixLayout(scoresOf: $0, broadcast: broadcast)
        $0.gradients.bias = BatchedMatrixLayout(scoresOf: $0, broadcast: 7 - broadcast)
        AttentionLayout.gaps.apply(to: &$0)
      },
    ]
  }
}
