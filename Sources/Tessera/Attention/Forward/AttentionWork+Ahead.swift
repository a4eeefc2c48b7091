/// What the groups of rows ask for while they pass a tile: the next tile's keys and values, of this item or the next.
extension AttentionWork {
  /// Keys and values of a tile.
  struct TileAhead {
    let keys, values: RowsAhead

    /// What one of so many groups asks for: of keys or of values, alternately.
    @inline(__always)
    func part(ofGroup index: Int, of groups: Int) -> RowsAhead {
      let (pair, isValues) = index.quotientAndRemainder(dividingBy: 2)
      return (isValues == 1 ? values : keys).part(pair, of: (groups + 1) / 2)
    }
  }

  /// The tile from `start`, of this item; where that has none, the first of the next item, which as a rule the same
  /// thread takes. nil over a cache's ranges, of which not all are floats, with blocks, which may skip tiles, and where
  /// this item did not begin with its first keys, as under a window: then where the next begins is not known at once.
  func tileAhead(from start: Int) -> TileAhead? {
    let source = operands.pointee.source
    guard plan.asksAhead, blocks == nil, !source.hasRanges else { return nil }
    let keysPerTile = plan.partition.keysPerTile
    if start < seen.upperBound {
      return tileAhead(of: item, keys: start..<min(seen.upperBound, start + keysPerTile))
    }
    guard index + 1 < plan.partition.itemCount, seen.lowerBound == item.keys.lowerBound else { return nil }
    let next = AttentionItem(index + 1, plan.problem, plan.partition, source)
    return tileAhead(
      of: next, keys: next.keys.lowerBound..<min(next.keys.upperBound, next.keys.lowerBound + keysPerTile))
  }

  private func tileAhead(of item: AttentionItem, keys: Range<Int>) -> TileAhead? {
    let source = operands.pointee.source
    guard !keys.isEmpty else { return nil }
    let run = source.run(containing: keys.lowerBound, sequence: item.sequence, head: item.keyValueHead)
    func rows(_ first: UnsafeRawPointer, _ stride: Int, _ columns: Int) -> RowsAhead {
      RowsAhead(
        start: first.assumingMemoryBound(to: Float.self) + keys.lowerBound * stride, count: keys.count,
        columns: columns, stride: stride)
    }
    return TileAhead(
      keys: rows(run.firstKey, source.keyStride, plan.problem.headDimension),
      values: rows(run.firstValue, source.valueStride, plan.problem.valueDimension))
  }
}
