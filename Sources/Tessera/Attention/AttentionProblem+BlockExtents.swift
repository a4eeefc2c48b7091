extension AttentionProblem {
  /// Visible pairs of all heads of a sequence, and how many of their keys some query sees. Takes time in proportion to
  /// the blocks and to the words of the queries' rows of blocks.
  func visible(
    in mask: AttentionBlockMask, ofSequence sequence: Int, keyLength: Int
  ) -> (pairs: Int, keys: Int) {
    let bounds = visibleBounds(ofSequence: sequence, keyLength: keyLength)
    // Where heads share their blocks one counts for all.
    let (heads, groups) = mask.heads == 1 ? (1, 1) : (queryHeads, keyValueHeads)
    var (pairs, keys) = (0, 0)
    for head in 0..<heads {
      for query in 0..<queryLength(ofSequence: sequence) {
        let row = mask.rowStart(sequence: sequence, head: head, queryBlock: query / mask.queriesPerBlock)
        pairs += mask.visibleKeys(of: bounds(query), inRow: row)
      }
    }
    for group in 0..<groups {
      let members = mask.heads == 1 ? 0..<1 : group * groupSize..<(group + 1) * groupSize
      keys += visibleKeys(in: mask, ofSequence: sequence, heads: members, bounds)
    }
    return (pairs * (queryHeads / max(1, heads)), keys * (keyValueHeads / max(1, groups)))
  }

  /// How many keys some query of some of the heads sees.
  ///
  /// What the queries of a block see by position is one range, and neither end of it moves back from one block to the
  /// next: what a block adds of a key block begins where the blocks before it ended, or later.
  private func visibleKeys(
    in mask: AttentionBlockMask, ofSequence sequence: Int, heads: Range<Int>, _ bounds: (Int) -> Range<Int>
  ) -> Int {
    var ends = [Int](repeating: 0, count: mask.keyBlocks)
    var count = 0
    let queryLength = queryLength(ofSequence: sequence)
    for queryBlock in 0..<mask.queryBlocks where queryBlock * mask.queriesPerBlock < queryLength {
      let first = queryBlock * mask.queriesPerBlock
      let ranges = (first..<min(queryLength, first + mask.queriesPerBlock)).lazy.map(bounds).filter { !$0.isEmpty }
      guard let begin = ranges.map(\.lowerBound).min(), let end = ranges.map(\.upperBound).max() else { continue }
      for block in begin / mask.keysPerBlock...(end - 1) / mask.keysPerBlock
      where heads.contains(where: {
        mask.isVisible(sequence: sequence, head: $0, queryBlock: queryBlock, keyBlock: block)
      }) {
        let start = max(begin, block * mask.keysPerBlock, ends[block])
        let stop = min(end, (block + 1) * mask.keysPerBlock)
        count += max(0, stop - start)
        ends[block] = max(ends[block], stop)
      }
    }
    return count
  }
}

extension AttentionBlockMask {
  /// How many of the keys lie in visible blocks of a row.
  fileprivate func visibleKeys(of keys: Range<Int>, inRow row: Int) -> Int {
    guard !keys.isEmpty else { return 0 }
    let (first, last) = (keys.lowerBound / keysPerBlock, (keys.upperBound - 1) / keysPerBlock)
    func isVisible(_ block: Int) -> Bool { words[row + block / 64] >> UInt64(block % 64) & 1 != 0 }
    var blocks = 0
    for word in first / 64...last / 64 {
      var bits = words[row + word]
      if word == first / 64 { bits &= .max << UInt64(first % 64) }
      if word == last / 64 { bits &= .max >> UInt64(63 - last % 64) }
      blocks += bits.nonzeroBitCount
    }
    // Blocks that are cut at either end were counted whole.
    return blocks * keysPerBlock - (isVisible(first) ? keys.lowerBound - first * keysPerBlock : 0)
      - (isVisible(last) ? (last + 1) * keysPerBlock - keys.upperBound : 0)
  }
}
