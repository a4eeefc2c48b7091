/// Symbols of a text that pairs of neighbours are joined of. A symbol is named by the position that it starts at.
protocol MergedSymbols {
  /// The rank of the pair of two neighbours, of which the right one ends before `end`; the lowest is joined first.
  /// `MergeTable.none`: they are not joined.
  func rank(_ left: Int, _ right: Int, end: Int) -> UInt32

  /// Makes one symbol of the pair that starts at a position and has this rank.
  mutating func join(_ position: Int, _ rank: UInt32)
}

/// Joins pairs of neighbours, the one of lowest rank first and the leftmost of equals, until none has a rank. Keeps its
/// memory from text to text.
///
/// The symbols are a linked list by position; a heap holds the pairs that can be joined. A pair that has changed since
/// stays in the heap and is passed over when it comes up. Takes O(n log n) time for n positions.
struct PairMerger {
  private var previous: [Int] = []
  /// Where the symbol after the one at a position starts; the count of positions: it is the last.
  private(set) var next: [Int] = []
  /// The rank of the pair that starts at a position.
  private var ranks: [UInt32] = []
  private var heap = MinimumHeap()

  mutating func merge(_ symbols: inout some MergedSymbols, count: Int) {
    precondition(count < Int(UInt32.max), "positions are 32 bits wide")
    previous.removeAll(keepingCapacity: true)
    next.removeAll(keepingCapacity: true)
    previous.append(contentsOf: -1..<(count - 1))
    next.append(contentsOf: 1..<(count + 1))
    ranks.removeAll(keepingCapacity: true)
    ranks.append(contentsOf: repeatElement(MergeTable.none, count: count))
    for position in 0..<count { consider(position, symbols, count) }
    while let entry = heap.removeMinimum() {
      let position = Int(entry & 0xFFFF_FFFF)
      let rank = UInt32(entry >> 32)
      guard ranks[position] == rank else { continue }
      let right = next[position]
      symbols.join(position, rank)
      next[position] = next[right]
      ranks[right] = MergeTable.none
      if next[right] < count { previous[next[right]] = position }
      consider(position, symbols, count)
      if previous[position] >= 0 { consider(previous[position], symbols, count) }
    }
  }

  /// Looks the pair up that now starts at a position.
  private mutating func consider(_ position: Int, _ symbols: some MergedSymbols, _ count: Int) {
    let right = next[position]
    let rank = right < count ? symbols.rank(position, right, end: next[right]) : MergeTable.none
    ranks[position] = rank
    if rank != MergeTable.none { heap.insert(UInt64(rank) << 32 | UInt64(position)) }
  }
}
