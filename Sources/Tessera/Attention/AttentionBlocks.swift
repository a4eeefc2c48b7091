/// A block mask's bits where items read them: a plain view, so that no row counts references.
struct AttentionBlocks {
  private let words: UnsafePointer<UInt64>
  private let wordsPerRow: Int
  private let queriesPerBlock: Int
  private let keysPerBlock: Int
  /// Rows of blocks from one sequence's to the next one's, and from one head's; 0 where all have the same.
  private let sequenceRows: Int
  private let headRows: Int

  fileprivate init(_ mask: AttentionBlockMask, _ words: UnsafePointer<UInt64>) {
    self.words = words
    wordsPerRow = mask.wordsPerRow
    (queriesPerBlock, keysPerBlock) = (mask.queriesPerBlock, mask.keysPerBlock)
    sequenceRows = mask.batch == 1 ? 0 : mask.heads * mask.queryBlocks
    headRows = mask.heads == 1 ? 0 : mask.queryBlocks
  }

  /// The blocks of one query.
  @inline(__always)
  func row(sequence: Int, head: Int, query: Int) -> Row {
    let row = sequence * sequenceRows + head * headRows + query / queriesPerBlock
    return Row(words: words + row * wordsPerRow, keysPerBlock: keysPerBlock)
  }

  /// Whether one of these queries of these heads sees one of the keys.
  func sees(_ keys: Range<Int>, sequence: Int, heads: Range<Int>, queries: Range<Int>) -> Bool {
    guard !queries.isEmpty else { return false }
    for head in headRows == 0 ? heads.prefix(1) : heads {
      for block in queries.lowerBound / queriesPerBlock...(queries.upperBound - 1) / queriesPerBlock
      where !row(sequence: sequence, head: head, query: block * queriesPerBlock).hull(of: keys).isEmpty {
        return true
      }
    }
    return false
  }

  /// A row of blocks.
  struct Row {
    fileprivate let words: UnsafePointer<UInt64>
    fileprivate let keysPerBlock: Int

    @inline(__always)
    func sees(_ key: Int) -> Bool {
      let block = key / keysPerBlock
      return words[block / 64] >> UInt64(block % 64) & 1 != 0
    }

    /// From the first to the last of the keys that are visible; 0 ..< 0 where none is.
    func hull(of keys: Range<Int>) -> Range<Int> {
      guard !keys.isEmpty else { return 0..<0 }
      let blocks = blocks(of: keys)
      let first = first(in: blocks, isVisible: true)
      guard first < blocks.upperBound else { return 0..<0 }
      let end = endOfVisible(in: first..<blocks.upperBound)
      return max(keys.lowerBound, first * keysPerBlock)..<min(keys.upperBound, end * keysPerBlock)
    }

    /// The runs of the keys that are hidden, in their order.
    func forEachHidden(of keys: Range<Int>, _ body: (Range<Int>) -> Void) {
      guard !keys.isEmpty else { return }
      var blocks = blocks(of: keys)
      while true {
        let begin = first(in: blocks, isVisible: false)
        guard begin < blocks.upperBound else { return }
        let end = first(in: begin..<blocks.upperBound, isVisible: true)
        body(max(keys.lowerBound, begin * keysPerBlock)..<min(keys.upperBound, end * keysPerBlock))
        blocks = end..<blocks.upperBound
      }
    }

    /// The blocks that some of the keys lie in; there are keys.
    private func blocks(of keys: Range<Int>) -> Range<Int> {
      keys.lowerBound / keysPerBlock..<(keys.upperBound - 1) / keysPerBlock + 1
    }

    /// The first of the blocks that is visible, or hidden; their end where none is.
    private func first(in blocks: Range<Int>, isVisible: Bool) -> Int {
      guard !blocks.isEmpty else { return blocks.upperBound }
      let flip: UInt64 = isVisible ? 0 : .max
      var word = blocks.lowerBound / 64
      var bits = (words[word] ^ flip) & (UInt64.max << UInt64(blocks.lowerBound % 64))
      while bits == 0 {
        word += 1
        guard word * 64 < blocks.upperBound else { return blocks.upperBound }
        bits = words[word] ^ flip
      }
      return min(blocks.upperBound, word * 64 + bits.trailingZeroBitCount)
    }

    /// One past the last of the blocks that is visible; of blocks one is.
    private func endOfVisible(in blocks: Range<Int>) -> Int {
      var word = (blocks.upperBound - 1) / 64
      var bits = words[word] & (UInt64.max >> UInt64(63 - (blocks.upperBound - 1) % 64))
      while bits == 0 {
        word -= 1
        bits = words[word]
      }
      return word * 64 + 64 - bits.leadingZeroBitCount
    }
  }
}

/// A plan's copy of a block mask.
struct AttentionBlockTable {
  private let buffer: AlignedBuffer<UInt64>
  /// Valid as long as the table is.
  let blocks: AttentionBlocks

  init(_ mask: AttentionBlockMask) throws(TesseraError) {
    buffer = try AlignedBuffer(uninitializedCount: mask.words.count)
    for index in mask.words.indices { buffer.pointer[index] = mask.words[index] }
    blocks = AttentionBlocks(mask, UnsafePointer(buffer.pointer))
  }

  var byteCount: Int { buffer.count * MemoryLayout<UInt64>.stride }
}
