extension BatchedMatrixLayout {
  /// An operand of attention's scores, [B or 1, Hq or 1, Lq or 1, Lk] without gaps: an extent of 1 is seen by all.
  public init(
    scoresOf problem: AttentionProblem, broadcastingBatch: Bool = false, heads: Bool = false, queries: Bool = false
  ) {
    let (heads, rows) = (heads ? 1 : problem.queryHeads, queries ? 1 : problem.queryLength)
    let plane = rows &* problem.keyLength
    self.init(
      planes: problem.batch &* problem.queryHeads, innerPlanes: max(1, problem.queryHeads), rows: problem.queryLength,
      columns: problem.keyLength, outerStride: broadcastingBatch ? 0 : plane &* heads,
      innerStride: heads == 1 ? 0 : plane, rowStride: rows == 1 ? 0 : problem.keyLength)
  }

  /// The same as one number: which of batch (1), heads (2) and queries (4) are broadcast. All choices are 0 ..< 8.
  package init(scoresOf problem: AttentionProblem, broadcast: Int) {
    self.init(
      scoresOf: problem, broadcastingBatch: broadcast & 1 != 0, heads: broadcast & 2 != 0, queries: broadcast & 4 != 0)
  }

  /// The layout with each broadcast dimension once: every element that lies at a place of its own.
  package var distinctElements: BatchedMatrixLayout {
    func distinct(_ count: Int, _ stride: Int) -> Int { stride == 0 ? min(1, count) : count }
    var layout = self
    guard planes > 0 else { return layout }
    let inner = distinct(min(planes, innerPlanes), innerStride)
    layout.planes = distinct((planes - 1) / innerPlanes + 1, outerStride) * inner
    layout.innerPlanes = inner
    layout.rows = distinct(rows, rowStride)
    return layout
  }

  /// Elements at different places: those that are not broadcast.
  package var distinctCount: Int {
    func distinct(_ count: Int, _ stride: Int) -> Int { stride == 0 ? min(1, count) : count }
    guard planes > 0 else { return 0 }
    return distinct((planes - 1) / innerPlanes + 1, outerStride) * distinct(min(planes, innerPlanes), innerStride)
      * distinct(rows, rowStride) * columns
  }
}
