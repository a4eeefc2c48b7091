import Tessera

extension CaseList {
  /// Gradients of bias and slopes: the bias's summed over every choice of sequences, heads and queries, in problems
  /// whose keys are split and in others, with what hides pairs from them.
  static func attentionParameterGradients() throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    for shape in [
      AttentionShape(batch: 2, heads: 2, groupSize: 2, queries: 15, keys: 70),
      AttentionShape(batch: 3, heads: 2, queries: 101, keys: 390, dimension: 8),
    ] {
      for broadcast in 0..<8 { cases += try attentionBiasGradients(shape, broadcast) }
      for slopes in AttentionSlopes.allCases { cases += try attentionSlopeGradients(shape, slopes) }
    }
    // So many heads that none is split unless they add to the same elements.
    for broadcast in 0..<8 {
      cases.append(
        try AttentionShape(batch: 2, heads: 20, queries: 7, keys: 250, dimension: 4).with {
          $0.bias = BatchedMatrixLayout(scoresOf: $0, broadcast: broadcast)
          $0.gradients.bias = $0.bias
        })
    }
    return cases
  }

  private static func attentionBiasGradients(
    _ shape: AttentionShape, _ broadcast: Int
  ) throws(TesseraError) -> [VerificationCase] {
    let note = "bias gradient, broadcast \(broadcast)"
    let dropout = try Dropout(probability: 0.1, seed: 1)
    return [
      try shape.with(note: note) {
        $0.bias = BatchedMatrixLayout(scoresOf: $0, broadcast: broadcast)
        $0.gradients.bias = $0.bias
      },
      // Of a bias that is broadcast otherwise.
      try shape.with(.hiddenPoison, note: note) {
        $0.bias = BatchedMatrixLayout(scoresOf: $0, broadcast: (broadcast + 3) % 8)
        $0.gradients.bias = BatchedMatrixLayout(scoresOf: $0, broadcast: broadcast)
        $0.booleanMask = BatchedMatrixLayout(scoresOf: $0, broadcast: (broadcast + 5) % 8)
        $0.mask = .causal(alignment: .topLeft)
      },
      try shape.with(.wide, note: note) { problem in
        problem.bias = BatchedMatrixLayout(scoresOf: problem, broadcast: broadcast)
        problem.gradients.bias = problem.bias
        problem.keyLengths = (0..<problem.batch).map { $0 == 1 ? 0 : problem.keyLength - 5 }
        (problem.dropout, problem.softcap, problem.scale) = (dropout, 2, 0.3)
        problem.slopes = broadcast % 2 == 0 ? .perHead : .perSequenceAndHead
        AttentionLayout.gaps.apply(to: &problem)
      },
    ]
  }

  private static func attentionSlopeGradients(
    _ shape: AttentionShape, _ slopes: AttentionSlopes
  ) throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    for values in AttentionValues.allCases {
      cases.append(
        try shape.with(values, note: "slopes' gradient") {
          ($0.slopes, $0.mask) = (slopes, .window(left: 40, right: 3))
          $0.bias = BatchedMatrixLayout(scoresOf: $0, broadcast: 1)
          $0.gradients.bias = $0.bias
        })
    }
    cases.append(
      try shape.with(note: "slopes' gradient") { problem in
        problem.slopes = slopes
        problem.queryOffsets = (0..<problem.batch).map { 200 * $0 - 50 }
      })
    return cases
  }
}
