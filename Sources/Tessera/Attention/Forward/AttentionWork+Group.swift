import CTesseraKernels

extension AttentionWork {
  /// A group's part of the online softmax over the present tile: sums, begun already where it `accumulates`, or the
  /// output where the tile has the last keys that the rows see. Returns false where none of them sees any of its keys;
  /// then nobody asks for the rows `ahead`.
  mutating func attend(_ group: RowGroup, accumulates: Bool, finishes: Bool, asking ahead: RowsAhead?) -> Bool {
    let visible = memory.visible.keys(ofGroup: group.index)
    let begin = max(visible.lowerBound, tiles.present.keys.lowerBound)
    let end = min(visible.upperBound, tiles.present.keys.upperBound)
    guard begin < end else { return false }
    // Scores begin with a panel; values, and what a weight may hide, with the first key that a row sees.
    let first = tiles.present.align(begin)
    let queries = gatherQueries(of: group)
    prefetchQueries(from: group.rows.upperBound)
    tiles.multiplyKeys(first..<end, by: queries, rows: group.rows.count, into: memory.scores, asking: ahead)
    // What a modifier hides can be told from the scores only, before they become weights.
    let notesHidden = modifier != nil && !tiles.present.valuesAreFinite(begin..<end, plan.products)
    let isWhole = takeSoftmax(of: group, over: first..<end, from: begin, notesHidden: notesHidden)
    let weights = UnsafePointer(memory.scores + (begin - first))
    if isWhole || tiles.present.valuesAreFinite(begin..<end, plan.products) {
      // Rows of one head lie evenly, so that the product can go where the output is to be.
      if finishes, plan.problem.groupSize == 1, Tiles.finishesRows {
        writeOutput(of: group, over: begin..<end, weights, accumulates: accumulates)
        return true
      }
      let sums = WeightedSums(
        addend: accumulates ? UnsafePointer(group.sums) : nil, factors: nil, output: group.sums,
        outputStride: plan.problem.valueDimension, streams: false)
      tiles.multiplyValues(begin..<end, by: weights, rows: group.rows.count, into: sums)
    } else {
      addVisibleValues(
        to: group, over: begin..<end, weights, shown: notesHidden ? memory.shown + (begin - first) : nil,
        accumulates: accumulates)
    }
    // While the sums are in the first-level cache.
    if finishes { finish(group) }
    return true
  }

  /// The queries of a group's rows without gaps: where they lie, or gathered from their heads.
  private func gatherQueries(of group: RowGroup) -> UnsafePointer<Float> {
    let (layout, width) = (plan.problem.queries, plan.problem.headDimension)
    if plan.problem.groupSize == 1, layout.rowStride == width, !Tiles.copiesQueries { return query(at: group.place) }
    var place = group.place
    var target = memory.queries
    for _ in group.rows {
      plan.kernels.scale(width, 1, query(at: place), target)
      place.advance()
      target += width
    }
    return UnsafePointer(memory.queries)
  }

  /// Asks for the queries of the item's next group of rows.
  private func prefetchQueries(from row: Int) {
    let count = min(plan.partition.rowsPerGroup, item.rows.count - row)
    guard count > 0 else { return }
    let (columns, stride) = (plan.problem.queries.columns, plan.problem.queries.rowStride)
    var place = RowPlace(item, row: row, plan.problem)
    guard plan.problem.groupSize > 1 else { return tsr_processor_prefetch(query(at: place), count, columns, stride) }
    for _ in 0..<count {
      tsr_processor_prefetch(query(at: place), 1, columns, 0)
      place.advance()
    }
  }

  @inline(__always)
  private func query(at place: RowPlace) -> UnsafePointer<Float> {
    let layout = plan.problem.queries
    return operands.pointee.queries! + layout.start(ofPlane: place.operandPlane) + place.operandRow * layout.rowStride
  }

  /// sums += weights · values, row by row over the keys that each sees and no others: 0 times NaN or infinity is NaN.
  /// What stages hide is said by `shown` where there is a modifier.
  private func addVisibleValues(
    to group: RowGroup, over part: Range<Int>, _ weights: UnsafePointer<Float>, shown: UnsafeMutablePointer<UInt8>?,
    accumulates: Bool
  ) {
    let width = plan.problem.valueDimension
    if !accumulates { group.sums.update(repeating: 0, count: group.rows.count * width) }
    var (place, sums, weights, shown) = (group.place, group.sums, weights, shown)
    for row in group.rows {
      let blocks = blocks?.row(sequence: place.sequence, head: place.head, query: place.query)
      for key in memory.visible.keys(ofRow: row).clamped(to: part) {
        if let blocks, !blocks.sees(key) { continue }
        if let shown {
          if shown[key - part.lowerBound] == 0 { continue }
        } else if let layout = plan.problem.booleanMask,
          operands.pointee.scores.mask![layout.start(ofPlane: place.plane) + place.query * layout.rowStride + key] == 0
        {
          continue
        }
        plan.kernels.add(weights[key - part.lowerBound], tiles.present.value(key), to: sums, count: width)
      }
      place.advance()
      sums += width
      weights += plan.products.scoresStride
      shown = shown.map { $0 + plan.products.scoresStride }
    }
  }
}
