import CTesseraKernels

/// What a group of queries asks for while its scores are computed, into the second-level cache: what the next group
/// reads, and the first group of a tile's last queries the next tile of keys and values.
extension AttentionGradientWork {
  /// Those of a group's products with keys and with values: of their first panel, the second and the last.
  struct Asks {
    var keysOrQueries, bias, queriesGradient: RowsAhead?
    var valuesOrOutputGradient, biasGradient, restOfBiasGradient: RowsAhead?
  }

  func asks(of group: Range<Int>, _ queries: QueryTile) -> Asks {
    let problem = plan.problem
    let (width, valueWidth) = (problem.headDimension, problem.valueDimension)
    if group.lowerBound == 0, !tileAhead.isEmpty {
      let (first, count) = (tileAhead.lowerBound, tileAhead.count)
      return Asks(
        keysOrQueries: RowsAhead(start: key(first), count: count, columns: width, stride: keyStride),
        valuesOrOutputGradient: RowsAhead(
          start: value(first), count: count, columns: valueWidth, stride: problem.values.rowStride))
    }
    // Behind a head's last queries the next tile of keys begins with its first.
    let end = queries.queries.lowerBound + group.upperBound
    let next = end < queryLength ? end : 0
    let (row, count) = (next - queries.queries.lowerBound, min(group.count, queryLength - next))
    let gradient = queriesGradient(queries, query: next)
    // What the next group adds to its scores, and its gradients to: nothing behind a head's last queries.
    func scoresAhead(
      _ first: UnsafePointer<Float>?, _ layout: BatchedMatrixLayout?, _ rows: Range<Int>
    ) -> RowsAhead? {
      guard let first, let layout, next > 0, layout.rowStride != 0 else { return nil }
      return RowsAhead(
        start: first + layout.start(ofPlane: queries.plane) + rows.lowerBound * layout.rowStride + tile.lowerBound,
        count: rows.count, columns: tile.count, stride: layout.rowStride)
    }
    let biasGradient = UnsafePointer(operands.pointee.biasGradient)
    return Asks(
      keysOrQueries: RowsAhead(
        start: query(queries, row: row), count: count, columns: width, stride: problem.queries.rowStride),
      bias: scoresAhead(operands.pointee.forward.scores.bias, problem.bias, next..<next + count),
      queriesGradient: RowsAhead(
        start: UnsafePointer(gradient.first), count: count, columns: width, stride: gradient.stride),
      valuesOrOutputGradient: RowsAhead(
        start: outputGradient(queries, row: row), count: count, columns: valueWidth,
        stride: problem.gradients.output.rowStride),
      biasGradient: scoresAhead(biasGradient, problem.gradients.bias, next..<next + count / 2),
      restOfBiasGradient: scoresAhead(biasGradient, problem.gradients.bias, next + count / 2..<next + count))
  }
}
