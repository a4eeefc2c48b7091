import CTesseraKernels

extension AttentionPlan {
  /// One item: tiles of keys one after the other, and past each all groups of the item's rows that see something of it.
  func run(
    _ item: AttentionItem, _ operands: AttentionOperands,
    _ memory: AttentionWorkspace.Memory, traffic: UnsafeMutablePointer<Traffic>
  ) {
    var memory = memory
    if let partials { partials.place(item.partial, in: &memory) }
    let rowCount = item.rows.count
    memory.maxima.update(repeating: -.infinity, count: rowCount)
    memory.totals.update(repeating: 0, count: rowCount)
    let seen = findVisibleKeys(of: item, operands, memory)
    let perGroup = tiles.rowsPerGroup
    // Bits of groups, of which a block has at most 43 (AttentionTiles). Sums of one that has not begun are not initialised.
    var begun: UInt64 = 0
    var finished: UInt64 = partials == nil ? 0 : .max
    if tiles.isDirect || partials != nil {
      memory.sums.update(repeating: 0, count: rowCount * problem.valueDimension)
      begun = .max
    }
    var keyTile = KeyTile(item, operands, self)
    // Of a single tile no group's sums wait for the next, so all take the same place, which stays in the first level.
    let isOnlyTile =
      partials == nil && operands.source.ranges == nil
      && seen.upperBound - seen.lowerBound / tiles.keysPerTile * tiles.keysPerTile <= tiles.keysPerTile
    let sumsPerRow = isOnlyTile ? 0 : problem.valueDimension
    var tileStart = seen.lowerBound / tiles.keysPerTile * tiles.keysPerTile
    while tileStart < seen.upperBound {
      keyTile.load(
        tileStart..<min(tileStart + tiles.keysPerTile, seen.upperBound), from: seen.lowerBound, of: operands.source,
        memory,
        self)
      for group in stride(from: 0, to: rowCount, by: perGroup) {
        let rows = group..<min(rowCount, group + perGroup)
        let bit: UInt64 = 1 << UInt64(group / perGroup)
        guard
          process(
            rows, of: item, &keyTile, operands, memory, memory.sums + group * sumsPerRow, accumulates: begun & bit != 0)
        else {
          continue
        }
        begun |= bit
        // While the sums are in the first-level cache.
        if finished & bit == 0, memory.groupEnds[group / perGroup] <= keyTile.keys.upperBound {
          finish(rows, of: item, memory.sums + group * sumsPerRow, operands, memory)
          finished |= bit
        }
      }
      // Where the tile ended because its range did, the next one begins there.
      tileStart = keyTile.keys.upperBound
    }
    // What is left saw nothing.
    for group in stride(from: 0, to: rowCount, by: perGroup) {
      let rows = group..<min(rowCount, group + perGroup)
      let bit: UInt64 = 1 << UInt64(group / perGroup)
      if begun & bit == 0 {
        (memory.sums + group * sumsPerRow).update(repeating: 0, count: rows.count * problem.valueDimension)
      }
      if finished & bit == 0 { finish(rows, of: item, memory.sums + group * sumsPerRow, operands, memory) }
    }
    if streamsOutput { tsr_processor_stream_fence() }
    let moved = residency.traffic(of: item, firsts: memory.firsts, ends: memory.ends, keys: seen)
    traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
  }

  /// Fills in the visible keys within the item's of each row, and of each group those from the first to the last of its
  /// rows. Returns those of all rows.
  private func findVisibleKeys(
    of item: AttentionItem, _ operands: AttentionOperands, _ memory: AttentionWorkspace.Memory
  ) -> Range<Int> {
    let rowCount = item.rows.count
    let groups = (rowCount + tiles.rowsPerGroup - 1) / tiles.rowsPerGroup
    if problem.mask == .full {
      func fill(_ firsts: UnsafeMutablePointer<Int32>, _ ends: UnsafeMutablePointer<Int32>, _ count: Int) {
        firsts.update(repeating: Int32(item.keys.lowerBound), count: count)
        ends.update(repeating: Int32(item.keys.upperBound), count: count)
      }
      fill(memory.firsts, memory.ends, rowCount)
      fill(memory.groupFirsts, memory.groupEnds, groups)
      return item.keys.isEmpty ? 0..<0 : item.keys
    }
    let edges = problem.mask.edges(
      queryLength: problem.queryLength, keyLength: operands.source.length(ofSequence: item.sequence, problem))
    var place = RowPlace(item, row: 0, problem)
    var (first, end) = (Int.max, 0)
    for group in 0..<groups {
      var (groupFirst, groupEnd) = (Int.max, 0)
      let begin = group * tiles.rowsPerGroup
      for row in begin..<min(rowCount, begin + tiles.rowsPerGroup) {
        let seenFirst = max(item.keys.lowerBound, edges.first.position(query: place.query))
        let seenEnd = min(item.keys.upperBound, edges.end.position(query: place.query))
        let seesSome = seenFirst < seenEnd
        memory.firsts[row] = seesSome ? Int32(seenFirst) : 0
        memory.ends[row] = seesSome ? Int32(seenEnd) : 0
        place.advance()
        guard seesSome else { continue }
        (groupFirst, groupEnd) = (min(groupFirst, seenFirst), max(groupEnd, seenEnd))
      }
      memory.groupFirsts[group] = Int32(min(groupFirst, groupEnd))
      memory.groupEnds[group] = Int32(groupEnd)
      guard groupFirst < groupEnd else { continue }
      (first, end) = (min(first, groupFirst), max(end, groupEnd))
    }
    return first < end ? first..<end : 0..<0
  }

  /// The rows' part of the online softmax over one tile. Returns false where none of them sees any of its keys.
  private func process(
    _ rows: Range<Int>, of item: AttentionItem, _ keyTile: inout KeyTile, _ operands: AttentionOperands,
    _ memory: AttentionWorkspace.Memory, _ sums: UnsafeMutablePointer<Float>, accumulates: Bool
  ) -> Bool {
    let group = rows.lowerBound / tiles.rowsPerGroup
    let begin = max(Int(memory.groupFirsts[group]), keyTile.keys.lowerBound)
    let end = min(Int(memory.groupEnds[group]), keyTile.keys.upperBound)
    guard begin < end else { return false }
    // Scores begin with a panel; values, and what a weight may hide, with the first key that a row sees.
    let first = keyTile.align(begin)
    let firstPlace = RowPlace(item, row: rows.lowerBound, problem)
    let queries = gatherQueries(rows.count, from: firstPlace, operands, memory)
    prefetchQueries(of: item, from: rows.upperBound, operands)
    keyTile.scores(rows.count, first..<end, of: queries, memory, self)
    var isWhole = problem.booleanMask == nil
    var place = firstPlace
    var scores = memory.scores
    for row in rows {
      let seen = Int(memory.firsts[row])..<Int(memory.ends[row])
      if seen.lowerBound > begin || seen.upperBound < end { isWhole = false }
      prepareSoftmax(
        row, index: row - rows.lowerBound, place, scores, tile: first..<end, visible: seen.clamped(to: first..<end),
        sums + (row - rows.lowerBound) * problem.valueDimension, operands, memory)
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
      keyTile.addValues(rows.count, begin..<end, weights, memory, sums, accumulates: accumulates, self)
    } else {
      if !accumulates { sums.update(repeating: 0, count: rows.count * problem.valueDimension) }
      place = firstPlace
      scores = weights
      for row in rows {
        keyTile.addVisibleValues(
          row, place, scores, begin..<end, operands, memory,
          sums + (row - rows.lowerBound) * problem.valueDimension, self)
        place.advance()
        scores += workspace.scoresStride
      }
    }
    return true
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
    visible: Range<Int>, _ sums: UnsafeMutablePointer<Float>, _ operands: AttentionOperands,
    _ memory: AttentionWorkspace.Memory
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
      output: sums, dropout: drop, column: UInt32(tile.lowerBound))
    guard !stages.isEmpty, !visible.isEmpty else { return }
    let run = ScoreStage.Row(
      plane: place.plane, query: place.query, key: visible.lowerBound, count: visible.count, scores: scores + first)
    for stage in stages { stage.apply(to: run, operands, kernels) }
  }

  /// output = sums / total, log-sum-exp = scale · maximum + ln total of rows that have seen all of their keys.
  private func finish(
    _ rows: Range<Int>, of item: AttentionItem, _ sums: UnsafePointer<Float>, _ operands: AttentionOperands,
    _ memory: AttentionWorkspace.Memory
  ) {
    var place = RowPlace(item, row: rows.lowerBound, problem)
    let layout = problem.output
    var finished = tsr_attention_finish_f32()
    finished.columns = problem.valueDimension
    finished.output_stride = layout.rowStride
    finished.streaming = streamsOutput
    // Rows of one head lie evenly; those of a group's heads are taken one by one.
    let step = problem.groupSize == 1 ? rows.count : 1
    finished.rows = step
    for row in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
      finished.sums = sums + (row - rows.lowerBound) * problem.valueDimension
      finished.totals = UnsafePointer(memory.totals + row)
      finished.output = operands.output! + layout.start(ofPlane: place.plane) + place.query * layout.rowStride
      kernels.finish(&finished)
      if step == 1 { place.advance() }
    }
    guard operands.logSumExp != nil else { return }
    place = RowPlace(item, row: rows.lowerBound, problem)
    for row in rows {
      keepLogSumExp(maximum: memory.maxima[row], total: memory.totals[row], place, operands)
      place.advance()
    }
  }

  /// −inf where nothing was seen, or nothing above −inf.
  @inline(__always)
  func keepLogSumExp(maximum: Float, total: Float, _ place: RowPlace, _ operands: AttentionOperands) {
    guard let logSumExp = operands.logSumExp else { return }
    logSumExp[place.plane * problem.queryLength + place.query] = maximum * softmaxScale + naturalLogarithm(total)
  }
}
