/// A block of query rows of one key-value head, and a range of its keys: what one worker does at a time.
struct AttentionItem {
  let sequence: Int
  let keyValueHead: Int
  /// Queries of the sequence, and where the first lies in queries, output and log-sum-exps.
  let queryLength: Int
  let place: SequencePlace
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
    let (blocks, turn): (AttentionPartition.Blocks, Int)
    if let sequences = partition.sequences {
      let found = sequences.find(block: index)
      (sequence, blocks) = (found.sequence, partition.blocks(ofRows: sequences.rows(ofSequence: found.sequence)))
      (keyValueHead, turn) = found.index.quotientAndRemainder(dividingBy: blocks.count)
    } else {
      let plane: Int
      blocks = partition.blocks
      (plane, turn) = index.quotientAndRemainder(dividingBy: blocks.count)
      (sequence, keyValueHead) = plane.quotientAndRemainder(dividingBy: problem.keyValueHeads)
    }
    queryLength = problem.queryLength(ofSequence: sequence)
    place = SequencePlace(queriesOf: sequence, in: problem)
    // Late queries first: under a causal mask they see most, and in a thread's share
    // long items are better begun early.
    rows = blocks.rows(ofBlock: blocks.count - 1 - turn)
    let length = source.length(ofSequence: sequence)
    let first = min(length, range * partition.keysPerRange)
    keys = first..<min(length, first + partition.keysPerRange)
    partial = index * partition.keyRanges + range
  }
}
