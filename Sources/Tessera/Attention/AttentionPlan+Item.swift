import CTesseraKernels

extension AttentionPlan {
  /// One item: tiles of keys one after the other, and past each all groups of the item's rows that see something of it.
  func run(
    _ item: AttentionItem, _ operands: AttentionOperands, _ memory: AttentionWorkspace.Memory,
    traffic: UnsafeMutablePointer<Traffic>
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
    let groupCount = (rowCount + perGroup - 1) / perGroup
    func group(_ index: Int) -> RowGroup {
      let first = index * perGroup
      return RowGroup(
        item, rows: first..<min(rowCount, first + perGroup), sums: memory.sums + first * sumsPerRow, problem)
    }
    var tileStart = seen.lowerBound / tiles.keysPerTile * tiles.keysPerTile
    while tileStart < seen.upperBound {
      keyTile.load(
        tileStart..<min(tileStart + tiles.keysPerTile, seen.upperBound), from: seen.lowerBound, of: operands.source,
        memory, self)
      for index in 0..<groupCount {
        let bit: UInt64 = 1 << UInt64(index)
        let finishes = finished & bit == 0 && memory.groupEnds[index] <= keyTile.keys.upperBound
        guard
          process(
            group(index), &keyTile, operands, memory, accumulates: begun & bit != 0, finishes: finishes)
        else {
          continue
        }
        begun |= bit
        if finishes { finished |= bit }
      }
      // Where the tile ended because its range did, the next one begins there.
      tileStart = keyTile.keys.upperBound
    }
    // What is left saw nothing.
    for index in 0..<groupCount where finished & 1 << UInt64(index) == 0 {
      let group = group(index)
      if begun & 1 << UInt64(index) == 0 {
        group.sums.update(repeating: 0, count: group.rows.count * problem.valueDimension)
      }
      finish(group, operands, memory)
    }
    if streamsOutput { tsr_processor_stream_fence() }
    let moved = residency.traffic(
      of: item, firsts: memory.firsts, ends: memory.ends, keys: seen)
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
}
