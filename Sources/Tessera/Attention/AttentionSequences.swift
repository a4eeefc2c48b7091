extension AttentionPartition {
  /// Blocks of the folded rows of one key-value head of a sequence.
  struct Blocks {
    let rows: Int
    let rowsPerBlock: Int

    init(rows: Int, rowsPerBlock: Int) { (self.rows, self.rowsPerBlock) = (rows, rowsPerBlock) }

    /// As few blocks of one size as there can be, so that none is left with a few rows to pack for; a block may have a
    /// row or more above `wanted` where that is no multiple of the least group.
    init(rows: Int, atMost wanted: Int) {
      let count = max(1, (rows + wanted - 1) / wanted)
      let (even, group) = ((rows + count - 1) / count, AttentionPartition.leastRowsPerGroup)
      self.init(rows: rows, rowsPerBlock: max(1, (even + group - 1) / group * group))
    }

    var count: Int { (rows + rowsPerBlock - 1) / rowsPerBlock }

    @inline(__always)
    func rows(ofBlock index: Int) -> Range<Int> { index * rowsPerBlock..<min(rows, (index + 1) * rowsPerBlock) }
  }
}

/// Which blocks of rows each sequence has, where their queries differ in number: those of its key-value heads one after
/// the other. A sequence without queries has none.
struct AttentionSequences {
  private let blocks: SequenceItems
  /// Folded rows of a key-value head.
  private let rows: [Int]

  init(rows: [Int], heads: Int, rowsPerBlock: Int) {
    self.rows = rows
    blocks = SequenceItems(
      counts: rows.map { heads * AttentionPartition.Blocks(rows: $0, atMost: rowsPerBlock).count })
  }

  var blockCount: Int { blocks.count }

  func rows(ofSequence sequence: Int) -> Int { rows[sequence] }

  /// The sequence that a block is of, and which of its blocks.
  func find(block: Int) -> (sequence: Int, index: Int) { blocks.find(block) }
}

/// Items of sequences one after the other, as many of each as there are.
struct SequenceItems {
  /// Each sequence's first item, and one past the last.
  private let firsts: [Int]

  init(counts: [Int]) {
    var (firsts, end) = ([0], 0)
    for count in counts {
      end += count
      firsts.append(end)
    }
    self.firsts = firsts
  }

  var count: Int { firsts.last! }

  func first(ofSequence sequence: Int) -> Int { firsts[sequence] }

  /// The sequence that an item is of, and which of its items.
  func find(_ item: Int) -> (sequence: Int, index: Int) {
    // The last that begins at the item or before it: of those that begin where it does the others have none.
    var (low, high) = (0, firsts.count - 2)
    while low < high {
      let middle = (low + high + 1) / 2
      if firsts[middle] <= item { low = middle } else { high = middle - 1 }
    }
    return (low, item - firsts[low])
  }
}
