/// A block of query rows of one key-value head, and a range of its keys: what one worker does at a time.
struct AttentionItem {
  let sequence: Int
  let keyValueHead: Int
  /// A range of the folded rows, of which row f is query f / G of head keyValueHead · G + f % G.
  let rows: Range<Int>
  let keys: Range<Int>
  /// Which partial result it makes, where keys are split.
  let partial: Int

  @inline(__always)
  init(_ index: Int, _ problem: AttentionProblem, _ partition: AttentionPartition, _ source: KeyValueSource) {
    let (block, range) = index.quotientAndRemainder(dividingBy: partition.keyRanges)
    self.init(block: block, range: range, problem, partition, source)
  }

  @inline(__always)
  init(
    block index: Int, range: Int, _ problem: AttentionProblem, _ partition: AttentionPartition, _ source: KeyValueSource
  ) {
    let (plane, turn) = index.quotientAndRemainder(dividingBy: partition.blocks)
    (sequence, keyValueHead) = plane.quotientAndRemainder(dividingBy: problem.keyValueHeads)
    // Late queries first: under a causal mask they see most, and in a thread's share
    // long items are better begun early.
    let block = partition.blocks - 1 - turn
    rows = block * partition.rowsPerBlock..<min(partition.rows, (block + 1) * partition.rowsPerBlock)
    let length = source.length(ofSequence: sequence)
    let first = min(length, range * partition.keysPerRange)
    keys = first..<min(length, first + partition.keysPerRange)
    partial = index * partition.keyRanges + range
  }
}
