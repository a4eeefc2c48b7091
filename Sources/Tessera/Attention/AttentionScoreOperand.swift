/// A bias or Boolean mask, as far as counting its bytes asks.
struct AttentionScoreOperand: Hashable, Sendable {
  let elementBytes: Int
  /// Whether neighbouring heads, and queries, have elements of their own.
  let differsByHead: Bool
  let differsByQuery: Bool

  /// Those that the problem has.
  static func all(of problem: AttentionProblem) -> [AttentionScoreOperand] {
    [(problem.bias, MemoryLayout<Float>.stride), (problem.booleanMask, 1)].compactMap { layout, bytes in
      layout.map {
        AttentionScoreOperand(
          elementBytes: bytes,
          differsByHead: problem.queryHeads > 1 && $0.start(ofPlane: 1) != $0.start(ofPlane: 0),
          differsByQuery: $0.rowStride != 0)
      }
    }
  }
}
