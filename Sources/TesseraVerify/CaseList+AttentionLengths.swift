import Tessera

/// Sequences whose queries differ in number, in planes of their own or packed.
extension CaseList {
  /// Lengths of queries and keys of a call.
  struct AttentionLengths {
    var queries: [Int]
    var keys: [Int]
    var heads = 1
    var groupSize = 1
    var dimension = 8

    func problem(_ packing: AttentionPacking, order: HeadOrder = .rowsFirst) -> AttentionProblem {
      var problem = AttentionProblem(
        batch: queries.count, queryHeads: heads * groupSize, keyValueHeads: heads, queryLength: queries.max() ?? 0,
        keyLength: keys.max() ?? 0, headDimension: dimension, order: order)
      packing.apply(to: &problem, queryLengths: queries, keyLengths: keys, order: order)
      problem.writesLogSumExp = true
      return problem
    }

    func with(
      _ packing: AttentionPacking, _ values: AttentionValues = .ordinary, order: HeadOrder = .rowsFirst,
      note: String? = nil, _ change: (inout AttentionProblem) -> Void = { _ in }
    ) throws(TesseraError) -> VerificationCase {
      var problem = problem(packing, order: order)
      change(&problem)
      return try VerificationCase(problem, values: values, note: note)
    }
  }

  static func attentionLengths() throws(TesseraError) -> [VerificationCase] {
    let ten = [1, 7, 12, 13, 24, 31, 2, 40, 9, 17]
    let lengths = [
      AttentionLengths(queries: [], keys: []), AttentionLengths(queries: [0, 0], keys: [0, 0]),
      AttentionLengths(queries: [0, 3, 0, 0, 5, 0], keys: [4, 0, 0, 7, 5, 2], heads: 2),
      AttentionLengths(queries: [5, 5, 5], keys: [9, 9, 9], heads: 2),
      AttentionLengths(queries: [1, 1, 1], keys: [30, 300, 5], heads: 2, groupSize: 4),
      AttentionLengths(queries: ten, keys: ten, heads: 2, groupSize: 2),
      // A prompt beside sequences that decode, whose few rows are read where they lie.
      AttentionLengths(queries: [1, 90, 2, 1], keys: [150, 90, 40, 700], heads: 2, groupSize: 3),
      AttentionLengths(queries: around(64), keys: [65, 64, 63], dimension: 16),
    ]
    var cases: [VerificationCase] = []
    for (index, lengths) in lengths.enumerated() {
      for packing in AttentionPacking.allCases {
        for order in HeadOrder.allCases { cases.append(try lengths.with(packing, order: order)) }
        cases += try masked(lengths, packing, of: index)
        cases += try attentionLengthsWithMasks(lengths, packing, of: index)
        cases += try attentionLengthsWithParameterGradients(lengths, packing, of: index)
      }
    }
    // Tiles of 512 keys, blocks of as many rows, and keys that are split for some of the sequences.
    for lengths in [
      AttentionLengths(queries: around(512), keys: around(512), dimension: 4),
      AttentionLengths(queries: [9, 14, 1], keys: [2100, 70, 1030], dimension: 4),
      AttentionLengths(queries: [2, 1, 0], keys: [1100, 30, 600], heads: 2, groupSize: 2),
    ] {
      for packing in [AttentionPacking.padded, .packed] {
        cases.append(try lengths.with(packing, .hiddenPoison) { $0.mask = .causal() })
        cases.append(try lengths.with(packing) { $0.mask = .window(left: 300, right: 20, alignment: .topLeft) })
        cases += try attentionLengthsWithMasks(lengths, packing, of: cases.count)
        cases += try attentionLengthsWithParameterGradients(lengths, packing, of: cases.count)
      }
    }
    return cases
  }

  /// What positions follow from, and what each row has of its own.
  private static func masked(
    _ lengths: AttentionLengths, _ packing: AttentionPacking, of index: Int
  ) throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    let order = HeadOrder.allCases[index % 2]
    for alignment in AttentionMask.Alignment.allCases {
      for mask in [.causal(alignment: alignment), .window(left: 5, right: 2, alignment: alignment)] as [AttentionMask] {
        cases.append(try lengths.with(packing, .hiddenPoison, order: order) { $0.mask = mask })
      }
    }
    let dropout = try Dropout(probability: 0.3, seed: 1)
    cases.append(
      try lengths.with(packing, .visiblePoison, order: order) {
        ($0.dropout, $0.mask) = (dropout, .causal())
        $0.dropoutSequences = (0..<$0.batch).map { 7 * ($0 + 1) }
      })
    cases.append(
      try lengths.with(packing, .hiddenPoison, order: order) {
        ($0.hasSinks, $0.slopes, $0.softcap, $0.dropout) = (true, .perSequenceAndHead, 3, dropout)
        $0.bias = BatchedMatrixLayout(scoresOf: $0)
        $0.booleanMask = BatchedMatrixLayout(scoresOf: $0, heads: true)
      })
    cases.append(
      try lengths.with(packing, order: order) {
        ($0.slopes, $0.queryOffsets) = (.perHead, (0..<$0.batch).map { 3 * $0 - 2 })
        $0.mask = .window(left: 20, right: 0)
      })
    return cases
  }
}
