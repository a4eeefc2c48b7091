import CTesseraKernels

/// Neighbouring rows of an item that go past a tile together.
struct RowGroup {
  let item: AttentionItem
  let rows: Range<Int>
  /// Of its first row.
  let place: RowPlace
  /// Rows × Dv.
  let sums: UnsafeMutablePointer<Float>

  @inline(__always)
  init(_ item: AttentionItem, rows: Range<Int>, sums: UnsafeMutablePointer<Float>, _ problem: AttentionProblem) {
    (self.item, self.rows, self.sums) = (item, rows, sums)
    place = RowPlace(item, row: rows.lowerBound, problem)
  }
}

extension AttentionPlan {
  /// A group's part of the online softmax over one tile: sums, begun already where it `accumulates`, or the output where
  /// the tile has the last keys that the rows see. Returns false where none of them sees any of its keys.
  func process(
    _ group: RowGroup, _ keyTile: inout KeyTile, _ operands: AttentionOperands, _ memory: AttentionWorkspace.Memory,
    accumulates: Bool, finishes: Bool
  ) -> Bool {
    let rows = group.rows
    let index = rows.lowerBound / tiles.rowsPerGroup
    let begin = max(Int(memory.groupFirsts[index]), keyTile.keys.lowerBound)
    let end = min(Int(memory.groupEnds[index]), keyTile.keys.upperBound)
    guard begin < end else { return false }
    // Scores begin with a panel; values, and what a weight may hide, with the first key that a row sees.
    let first = keyTile.align(begin)
    let queries = gatherQueries(rows.count, from: group.place, operands, memory)
    prefetchQueries(of: group.item, from: rows.upperBound, operands)
    keyTile.scores(rows.count, first..<end, of: queries, memory, self)
    var isWhole = problem.booleanMask == nil
    var place = group.place
    var later = problem.bias == nil ? nil : RowPlace(group.item, row: rows.upperBound, problem)
    var scores = memory.scores
    for row in rows {
      let next = later.flatMap { bias(of: $0, from: begin, operands) }
      later?.advance()
      let seen = Int(memory.firsts[row])..<Int(memory.ends[row])
      if seen.lowerBound > begin || seen.upperBound < end { isWhole = false }
      prepareSoftmax(
        row, index: row - rows.lowerBound, place, scores, tile: first..<end, visible: seen.clamped(to: first..<end),
        group.sums + (row - rows.lowerBound) * problem.valueDimension, next: next, operands, memory)
      place.advance()
      scores += workspace.scoresStride
    }
    kernels.softmax(rows.count, memory.steps)
    for row in rows {
      let step = memory.steps + (row - rows.lowerBound)
      memory.maxima[row] = step.pointee.maximum
      memory.totals[row] = step.pointee.sum
    }
    let weights = memory.scores + (begin - first)
    if isWhole || keyTile.valuesAreFinite(begin..<end, self) {
      // Rows of one head lie evenly, so that the product can go where the output is to be.
      if finishes, problem.groupSize == 1, !tiles.isDirect {
        writeOutput(group, keyTile, begin..<end, weights, operands, memory, accumulates: accumulates)
        return true
      }
      let sums = KeyTile.WeightedSums(
        addend: accumulates ? UnsafePointer(group.sums) : nil, factors: nil, output: group.sums,
        outputStride: problem.valueDimension, streams: false)
      keyTile.multiplyValues(rows.count, begin..<end, weights, memory, sums, self)
    } else {
      addVisibleValues(group, keyTile, begin..<end, weights, operands, memory, accumulates: accumulates)
    }
    // While the sums are in the first-level cache.
    if finishes { finish(group, operands, memory) }
    return true
  }

  /// sums += weights · values, row by row over what each sees.
  private func addVisibleValues(
    _ group: RowGroup, _ keyTile: KeyTile, _ part: Range<Int>, _ weights: UnsafePointer<Float>,
    _ operands: AttentionOperands, _ memory: AttentionWorkspace.Memory, accumulates: Bool
  ) {
    let width = problem.valueDimension
    if !accumulates { group.sums.update(repeating: 0, count: group.rows.count * width) }
    var (place, sums, weights) = (group.place, group.sums, weights)
    for row in group.rows {
      keyTile.addVisibleValues(row, place, weights, part, operands, memory, sums, self)
      place.advance()
      sums += width
      weights += workspace.scoresStride
    }
  }

  /// The queries of neighbouring rows without gaps: where they lie, or gathered from their heads.
  private func gatherQueries(
    _ count: Int, from first: RowPlace, _ operands: AttentionOperands, _ memory: AttentionWorkspace.Memory
  ) -> UnsafePointer<Float> {
    let (layout, width) = (problem.queries, problem.headDimension)
    // The kernel for few rows wants them on a cache line.
    if problem.groupSize == 1, layout.rowStride == width, !tiles.isDirect {
      return operands.queries! + layout.start(ofPlane: first.plane) + first.query * width
    }
    var place = first
    var target = memory.queries
    for _ in 0..<count {
      kernels.scale(
        width, 1, operands.queries! + layout.start(ofPlane: place.plane) + place.query * layout.rowStride, target)
      place.advance()
      target += width
    }
    return UnsafePointer(memory.queries)
  }

  /// Asks for the queries of the item's next group of rows.
  private func prefetchQueries(of item: AttentionItem, from row: Int, _ operands: AttentionOperands) {
    let count = min(tiles.rowsPerGroup, item.rows.count - row)
    guard count > 0, !tiles.isDirect else { return }
    let layout = problem.queries
    var place = RowPlace(item, row: row, problem)
    guard problem.groupSize > 1 else {
      let first = operands.queries! + layout.start(ofPlane: place.plane) + place.query * layout.rowStride
      return tsr_processor_prefetch(first, count, layout.columns, layout.rowStride)
    }
    for _ in 0..<count {
      let first = operands.queries! + layout.start(ofPlane: place.plane) + place.query * layout.rowStride
      tsr_processor_prefetch(first, 1, layout.columns, 0)
      place.advance()
    }
  }

  /// Applies the stages to a row's scores, and writes down its step of the online softmax and its dropout.
  @inline(__always)
  private func prepareSoftmax(
    _ row: Int, index: Int, _ place: RowPlace, _ scores: UnsafeMutablePointer<Float>, tile: Range<Int>,
    visible: Range<Int>, _ sums: UnsafeMutablePointer<Float>, next: UnsafePointer<Float>?,
    _ operands: AttentionOperands, _ memory: AttentionWorkspace.Memory
  ) {
    let first = visible.lowerBound - tile.lowerBound
    var drop: UnsafePointer<tsr_dropout>?
    if let dropout {
      let sequence = problem.dropoutSequences?[place.sequence] ?? place.sequence
      memory.dropouts[index] = dropout.kernelArgument(
        plane: sequence * problem.queryHeads + place.head, row: place.query)
      drop = UnsafePointer(memory.dropouts + index)
    }
    memory.steps[index] = tsr_attention_softmax_f32(
      count: tile.count, first: first, last: visible.upperBound - tile.lowerBound, scale: softmaxScale,
      scores: scores, maximum: memory.maxima[row], sum: memory.totals[row], output_count: problem.valueDimension,
      output: sums, dropout: drop, column: UInt32(tile.lowerBound), next: next)
    guard !stages.isEmpty, !visible.isEmpty else { return }
    let run = ScoreStage.Row(
      plane: place.plane, query: place.query, key: visible.lowerBound, count: visible.count, scores: scores + first)
    for stage in stages { stage.apply(to: run, operands, kernels) }
  }

  /// Where the bias of a row in the item's next group begins, to be asked for early: a row of it is as long as one of
  /// scores, and to wait for it made a bias cost 26 to 34 % of the time without one, now 8 to 10 (2048 queries and keys,
  /// 16 heads 64 wide: 39 ms without, 49 waiting, 43).
  @inline(__always)
  private func bias(of row: RowPlace, from key: Int, _ operands: AttentionOperands) -> UnsafePointer<Float>? {
    guard let layout = problem.bias, row.query < problem.queryLength else { return nil }
    return operands.bias! + layout.start(ofPlane: row.plane) + row.query * layout.rowStride + key
  }
}
