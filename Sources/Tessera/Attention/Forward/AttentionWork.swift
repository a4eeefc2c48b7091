import CTesseraKernels

/// One item of a call of attention: its tiles of keys one after the other, and past each all groups of the item's rows
/// that see something of it.
struct AttentionWork<Tiles: AttentionTiles> {
  private let setup: UnsafePointer<AttentionSetup>
  let operands: UnsafePointer<AttentionOperands>
  let memory: AttentionWorkspace.Memory
  let index: Int
  let item: AttentionItem
  /// What the item's rows see, all of them together.
  let seen: Range<Int>
  var tiles: Tiles
  /// The plan's, held once an item: a row that held them would wait for other threads' rows.
  let stages: [ScoreStage]
  let modifier: AttentionScoreModifier?
  let blocks: AttentionBlocks?
  private let keyLength: Int
  /// Where query 0 stands among the keys.
  let queryStart: Int
  /// Floats between the sums of neighbouring rows of the item.
  private let sumsPerRow: Int

  /// What the call's plan has settled.
  var plan: AttentionSetup {
    @inline(__always)
    _read { yield setup.pointee }
  }

  @inline(__always)
  init(
    _ index: Int, _ setup: UnsafePointer<AttentionSetup>, _ operands: UnsafePointer<AttentionOperands>,
    _ memory: AttentionWorkspace.Memory
  ) {
    (self.index, self.setup, self.operands) = (index, setup, operands)
    (stages, modifier) = (setup.pointee.stages, setup.pointee.modifier)
    item = AttentionItem(index, setup.pointee.problem, setup.pointee.partition, operands.pointee.source)
    var memory = memory
    setup.pointee.partials?.place(item.partial, in: &memory)
    self.memory = memory
    blocks = setup.pointee.blockTable?.blocks
    keyLength = operands.pointee.source.length(ofSequence: item.sequence)
    queryStart = setup.pointee.problem.queryStart(ofSequence: item.sequence, keyLength: keyLength)
    seen = memory.visible.find(
      for: item, keyLength: keyLength, setup.pointee.problem, blocks,
      rowsPerGroup: setup.pointee.partition.rowsPerGroup)
    tiles = Tiles(item, operands.pointee.source, setup.pointee.products, memory.tiles)
    // No group's sums wait for another tile where there is one, so all take the same place, which stays in the first
    // level.
    let keysPerTile = setup.pointee.partition.keysPerTile
    let isOnlyTile =
      setup.pointee.partials == nil && !operands.pointee.source.hasRanges
      && seen.upperBound - seen.lowerBound / keysPerTile * keysPerTile <= keysPerTile
    sumsPerRow = isOnlyTile ? 0 : setup.pointee.problem.valueDimension
  }

  /// Computes the item, and returns what it moved.
  mutating func attend() -> Traffic {
    let rowCount = item.rows.count
    memory.maxima.update(repeating: -.infinity, count: rowCount)
    memory.totals.update(repeating: 0, count: rowCount)
    // Bits of groups, of which a block has at most 43 (AttentionPartition). Sums of one that has not begun are not
    // initialised; parts of the keys are merged, and not finished here.
    let isPart = plan.partials != nil
    var begun: UInt64 = isPart ? .max : 0
    var finished: UInt64 = begun
    if isPart { memory.sums.update(repeating: 0, count: rowCount * plan.problem.valueDimension) }
    let keysPerTile = plan.partition.keysPerTile
    let rowsPerGroup = plan.partition.rowsPerGroup
    let groupCount = (rowCount + rowsPerGroup - 1) / rowsPerGroup
    var tileStart = seen.lowerBound / keysPerTile * keysPerTile
    var tileCount = 0
    var reads = AttentionResidency.Reads()
    while tileStart < seen.upperBound {
      var tile = tileStart..<min(tileStart + keysPerTile, seen.upperBound)
      let nextStart = tile.upperBound
      var first = seen.lowerBound
      if blocks != nil {
        let visible = findVisible(in: max(first, tileStart)..<nextStart)
        guard !visible.isEmpty else {
          tileStart = nextStart
          continue
        }
        (tile, first) = (tileStart..<visible.upperBound, visible.lowerBound)
      }
      tiles.load(tile, from: first, of: operands.pointee.source)
      let tileEnd = tiles.present.keys.upperBound
      tileCount += 1
      let ahead = tileAhead(from: tileEnd == tile.upperBound ? nextStart : tileEnd)
      for index in 0..<groupCount {
        let bit: UInt64 = 1 << UInt64(index)
        let finishes = finished & bit == 0 && memory.visible.last(ofGroup: index) <= tileEnd
        guard
          attend(
            group(index), accumulates: begun & bit != 0, finishes: finishes,
            asking: ahead?.part(ofGroup: index, of: groupCount))
        else { continue }
        begun |= bit
        if finishes { finished |= bit }
      }
      if blocks != nil {
        plan.residency.count(max(first, tileStart)..<tileEnd, of: item, seeing: memory.visible, in: &reads)
      }
      // Where the tile ended because its range did, the next one begins there.
      tileStart = tileEnd == tile.upperBound ? nextStart : tileEnd
    }
    // What is left saw nothing.
    for index in 0..<groupCount where finished & 1 << UInt64(index) == 0 {
      let group = group(index)
      if begun & 1 << UInt64(index) == 0 {
        group.sums.update(repeating: 0, count: group.rows.count * plan.problem.valueDimension)
      }
      finish(group)
    }
    if plan.streamsOutput { tsr_processor_stream_fence() }
    if blocks == nil { plan.residency.count(seen, of: item, seeing: memory.visible, in: &reads) }
    return plan.residency.traffic(
      of: item, reading: reads, tileCount: tileCount, readsWholeTiles: tiles.readsWholeTiles)
  }

  /// What the rows see of these keys of a tile, by position and blocks; looked for where a block lets one see any.
  private func findVisible(in keys: Range<Int>) -> Range<Int> {
    let groupSize = plan.problem.groupSize
    let firstHead = item.keyValueHead * groupSize
    // Rows are folded, query by query.
    let queries = item.rows.lowerBound / groupSize..<(item.rows.upperBound - 1) / groupSize + 1
    guard
      blocks!.sees(keys, sequence: item.sequence, heads: firstHead..<firstHead + groupSize, queries: queries)
    else { return 0..<0 }
    return memory.visible.find(
      of: keys, for: item, keyLength: keyLength, plan.problem, blocks, rowsPerGroup: plan.partition.rowsPerGroup)
  }

  @inline(__always)
  private func group(_ index: Int) -> RowGroup {
    let first = index * plan.partition.rowsPerGroup
    return RowGroup(
      index: index, rows: first..<min(item.rows.count, first + plan.partition.rowsPerGroup),
      place: RowPlace(item, row: first, plan.problem), sums: memory.sums + first * sumsPerRow)
  }
}

/// Neighbouring rows of an item that go past a tile together.
struct RowGroup {
  /// Which group of the item.
  let index: Int
  let rows: Range<Int>
  /// Its first row's.
  let place: RowPlace
  /// Rows × Dv.
  let sums: UnsafeMutablePointer<Float>
}
