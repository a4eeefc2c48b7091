/// A block of query rows of one key-value head, and a range of its keys: what one worker does at a time.
struct AttentionItem {
  let sequence: Int
  let keyValueHead: Int
  /// Of the folded rows: row f is query f / G of head keyValueHead · G + f % G.
  let rows: Range<Int>
  let keys: Range<Int>
  /// Which partial result it makes, where keys are split.
  let partial: Int

  @inline(__always)
  init(_ index: Int, _ problem: AttentionProblem, _ tiles: AttentionTiles, _ source: KeyValueSource) {
    let (block, range) = index.quotientAndRemainder(dividingBy: tiles.keyRanges)
    self.init(block: block, range: range, problem, tiles, source)
  }

  @inline(__always)
  init(
    block index: Int, range: Int, _ problem: AttentionProblem, _ tiles: AttentionTiles, _ source: KeyValueSource
  ) {
    let (plane, turn) = index.quotientAndRemainder(dividingBy: tiles.blocks)
    (sequence, keyValueHead) = plane.quotientAndRemainder(dividingBy: problem.keyValueHeads)
    // Late queries first: under a causal mask they see most, and in a thread's share
    // long items are better begun early.
    let block = tiles.blocks - 1 - turn
    rows = block * tiles.rowsPerBlock..<min(tiles.rows, (block + 1) * tiles.rowsPerBlock)
    let length = source.length(ofSequence: sequence, problem)
    let first = min(length, range * tiles.keysPerRange)
    keys = first..<min(length, first + tiles.keysPerRange)
    partial = index * tiles.keyRanges + range
  }
}
