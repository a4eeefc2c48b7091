/// How attention is cut: a function of the problem alone, the same for every variant and thread count.
///
/// The query rows of a group of heads that share keys are folded into one list, query by query: row f is query f / G of
/// the group's head f % G. A work item is a block of those rows and a range of keys.
package struct AttentionPartition {
  /// What an item's rows are multiplied with, and what memory is for; see also `tiles(ofItem:)`.
  let tiles: any AttentionTiles.Type
  /// Folded rows of one key-value head.
  let rows: Int
  let rowsPerBlock: Int
  /// Blocks of all sequences and key-value heads.
  let blockCount: Int
  /// Where sequences have numbers of queries of their own: which blocks are whose. `rows` are then the longest one's,
  /// and blocks of the others at most as large.
  let sequences: AttentionSequences?
  /// Keys of a tile; tiles begin at multiples of it.
  let keysPerTile: Int
  /// Keys of a tile that the problem can have, in whole granules: what memory is for.
  let keysHeld: Int
  /// Ranges that the keys of one block are split into, and their length, a multiple of `keysPerTile`.
  package let keyRanges: Int
  let keysPerRange: Int
  /// What an item leaves where keys are split.
  let partial: AttentionPartials.Slot

  /// Rows whose scores, softmax and product with values follow each other: a multiple of every register tile (4 and 6
  /// rows), so few that their scores stay in the first-level cache.
  let rowsPerGroup: Int
  /// The scores of 12 rows with 512 keys take 24 KiB of a first level of 32.
  static let leastRowsPerGroup = 12
  private static let mostRowsPerBlock = 512
  /// Of a block that is cut for more items: so many still spread what packing costs.
  private static let leastRowsPerBlock = 96
  /// Rows that are computed where keys lie.
  static let mostDirectRows = 8
  /// 43, which a 64-bit word has a bit each for.
  static let mostGroupsPerBlock = (mostRowsPerBlock + leastRowsPerGroup - 1) / leastRowsPerGroup

  /// When keys are split.
  struct Split {
    /// Items that are wanted.
    var items: Int
    /// Keys of a range at least.
    var leastKeys: Int
    /// Whether a sequence is split as if it were alone, so that its bits do not follow from what is beside it.
    var isAlone: Bool
  }

  package init(_ problem: AttentionProblem) {
    let valueWidth = problem.valueDimension
    let rows = problem.groupSize * problem.queryLength
    self.rows = rows
    // Packing moves a key or value once for 2 · rows FLOPs; below this it takes longer than the products.
    tiles = rows <= Self.mostDirectRows ? AttentionDirectTiles.self : AttentionPackedTiles.self
    let keysPerTile = tiles.keysPerTile(of: problem)
    self.keysPerTile = keysPerTile
    keysHeld = min(keysPerTile, KeyValueRanges.wholeGranules(problem.keyLength))
    // With few keys there is room for more rows, which saves calls; but where rows see different keys, a group computes
    // what any of its rows sees, which from about 32 keys on costs more than a call.
    let scoreBytes = 4 * min(keysPerTile, problem.keyLength + 16)
    let fitting = (24 << 10) / scoreBytes / Self.leastRowsPerGroup * Self.leastRowsPerGroup
    rowsPerGroup =
      !problem.hidesByPosition || problem.keyLength <= 32
      ? min(48, max(Self.leastRowsPerGroup, fitting)) : Self.leastRowsPerGroup
    // A tile serves 512 rows, which makes packing cost about a row's arithmetic in 100; the running sums of as many
    // rows take at most 480 KiB, which with tiles made floats of and packed stays below a MiB a thread. Problems of few
    // blocks are cut into 16 items, as long as those have enough rows.
    let most = min(
      Self.mostRowsPerBlock, (480 << 10) / (4 * valueWidth) / Self.leastRowsPerGroup * Self.leastRowsPerGroup)
    let allRows = problem.groupSize * problem.queryTokens * problem.keyValueHeads
    let rowsForSixteenItems = (allRows + 15) / 16
    let wanted = min(most, max(Self.leastRowsPerBlock, rowsForSixteenItems))
    let rowsPerBlock = Blocks(rows: rows, atMost: wanted).rowsPerBlock
    self.rowsPerBlock = rowsPerBlock
    sequences = problem.queryLengths.map { lengths in
      AttentionSequences(
        rows: lengths.map { problem.groupSize * $0 }, heads: problem.keyValueHeads, rowsPerBlock: rowsPerBlock)
    }
    let itemsPerSequence = problem.keyValueHeads * ((rows + rowsPerBlock - 1) / rowsPerBlock)
    blockCount = sequences?.blockCount ?? problem.batch * itemsPerSequence
    precondition((rowsPerBlock + rowsPerGroup - 1) / rowsPerGroup <= Self.mostGroupsPerBlock)
    // Where blocks are fewer than threads may be, keys are split too, as long as a range is worth a work item and the
    // partial results stay within 4 MiB. A sequence split as if alone has to leave room for as many as linear maps take
    // together.
    let split = tiles.split
    let splitItems = max(1, split.isAlone ? itemsPerSequence : blockCount)
    let splitSequences = split.isAlone ? max(problem.batch, StoredLinearPlan.fewRows) : problem.batch
    partial = AttentionPartials.Slot(rows: min(rows, rowsPerBlock), valueDimension: valueWidth)
    let partialBytes = max(1, splitSequences * itemsPerSequence * partial.byteCount)
    let ranges = min(
      (split.items + splitItems - 1) / splitItems, problem.keyLength / split.leastKeys, (4 << 20) / partialBytes)
    let tileCount = (problem.keyLength + keysPerTile - 1) / keysPerTile
    let tilesPerRange = max(1, (tileCount + max(1, ranges) - 1) / max(1, ranges))
    keysPerRange = tilesPerRange * keysPerTile
    keyRanges = max(1, (tileCount + tilesPerRange - 1) / tilesPerRange)
  }

  /// What the rows of an item are multiplied with: of a sequence that decodes beside one that has a prompt, its few.
  @inline(__always)
  func tiles(ofItem index: Int) -> any AttentionTiles.Type {
    guard let sequences else { return tiles }
    let rows = sequences.rows(ofSequence: sequences.find(block: index / keyRanges).sequence)
    return rows <= Self.mostDirectRows ? AttentionDirectTiles.self : tiles
  }

  /// Floats that the tiles of any item take.
  func tileMemoryCount(for problem: AttentionProblem) -> Int {
    let count = tiles.memoryCount(for: problem, keys: keysHeld)
    return sequences == nil ? count : max(count, AttentionDirectTiles.memoryCount(for: problem, keys: keysHeld))
  }

  var itemCount: Int { blockCount * keyRanges }

  /// The blocks of a sequence's rows of one key-value head, where sequences are all alike; and where they are not.
  var blocks: Blocks { Blocks(rows: rows, rowsPerBlock: rowsPerBlock) }
  func blocks(ofRows rows: Int) -> Blocks { Blocks(rows: rows, atMost: rowsPerBlock) }
  var groupsPerBlock: Int { (rowsPerBlock + rowsPerGroup - 1) / rowsPerGroup }
}
