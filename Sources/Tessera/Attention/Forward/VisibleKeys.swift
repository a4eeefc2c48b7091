/// The keys that each of an item's rows and groups of rows sees by its position, within the item's keys; with a block
/// mask, within the present tile's, of which hidden blocks may lie between the first and the last.
struct VisibleKeys {
  /// The first visible key of each row and one past the last; equal where there is none.
  private let firsts, ends: UnsafeMutablePointer<Int32>
  /// The same of groups of rows: from the first to the last that one of the rows sees.
  private let groupFirsts, groupEnds: UnsafeMutablePointer<Int32>
  /// One past the last of all of the item's keys that a group sees.
  private let groupLasts: UnsafeMutablePointer<Int32>

  /// Memory for a block's rows, and its groups.
  init(
    firsts: UnsafeMutablePointer<Int32>, ends: UnsafeMutablePointer<Int32>,
    groupFirsts: UnsafeMutablePointer<Int32>, groupEnds: UnsafeMutablePointer<Int32>,
    groupLasts: UnsafeMutablePointer<Int32>
  ) {
    (self.firsts, self.ends, self.groupFirsts, self.groupEnds) = (firsts, ends, groupFirsts, groupEnds)
    self.groupLasts = groupLasts
  }

  /// What a row sees.
  @inline(__always)
  func keys(ofRow row: Int) -> Range<Int> { Int(firsts[row])..<Int(ends[row]) }
  @inline(__always)
  func keys(ofGroup group: Int) -> Range<Int> { Int(groupFirsts[group])..<Int(groupEnds[group]) }

  /// One past the last key that a group sees in all tiles; 0 where it sees none.
  @inline(__always)
  func last(ofGroup group: Int) -> Int { Int(groupLasts[group]) }

  /// Fills itself in for an item, whose sequence has so many keys, and returns what all its rows see.
  func find(
    for item: AttentionItem, keyLength: Int, _ problem: AttentionProblem, _ blocks: AttentionBlocks?, rowsPerGroup: Int
  ) -> Range<Int> {
    let seen = find(
      of: item.keys, for: item, keyLength: keyLength, problem, blocks, rowsPerGroup: rowsPerGroup)
    groupLasts.update(from: groupEnds, count: (item.rows.count + rowsPerGroup - 1) / rowsPerGroup)
    return seen
  }

  /// The same of some of the item's keys, but for what groups see last.
  func find(
    of keys: Range<Int>, for item: AttentionItem, keyLength: Int, _ problem: AttentionProblem,
    _ blocks: AttentionBlocks?, rowsPerGroup: Int
  ) -> Range<Int> {
    let rowCount = item.rows.count
    let groups = (rowCount + rowsPerGroup - 1) / rowsPerGroup
    if !problem.hidesByPosition {
      func fill(_ firsts: UnsafeMutablePointer<Int32>, _ ends: UnsafeMutablePointer<Int32>, _ count: Int) {
        firsts.update(repeating: Int32(keys.lowerBound), count: count)
        ends.update(repeating: Int32(keys.upperBound), count: count)
      }
      fill(firsts, ends, rowCount)
      fill(groupFirsts, groupEnds, groups)
      return keys.isEmpty ? 0..<0 : keys
    }
    let positions = VisiblePositions(problem, sequence: item.sequence, keyLength: keyLength)
    var place = RowPlace(item, row: 0, problem)
    var (first, end) = (Int.max, 0)
    for group in 0..<groups {
      var (groupFirst, groupEnd) = (Int.max, 0)
      let begin = group * rowsPerGroup
      for row in begin..<min(rowCount, begin + rowsPerGroup) {
        var (seenFirst, seenEnd) = positions.bounds(ofQuery: place.query, within: keys)
        if let blocks, seenFirst < seenEnd {
          let hull = blocks.row(sequence: place.sequence, head: place.head, query: place.query)
            .hull(of: seenFirst..<seenEnd)
          (seenFirst, seenEnd) = (hull.lowerBound, hull.upperBound)
        }
        let seesSome = seenFirst < seenEnd
        firsts[row] = seesSome ? Int32(seenFirst) : 0
        ends[row] = seesSome ? Int32(seenEnd) : 0
        place.advance()
        guard seesSome else { continue }
        (groupFirst, groupEnd) = (min(groupFirst, seenFirst), max(groupEnd, seenEnd))
      }
      groupFirsts[group] = Int32(min(groupFirst, groupEnd))
      groupEnds[group] = Int32(groupEnd)
      guard groupFirst < groupEnd else { continue }
      (first, end) = (min(first, groupFirst), max(end, groupEnd))
    }
    return first < end ? first..<end : 0..<0
  }
}
