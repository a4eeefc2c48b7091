/// How attention is cut: a function of the problem alone, the same for every variant and thread count.
///
/// The query rows of a group of heads that share keys are folded into one list, query by query: row f is query f / G of
/// the group's head f % G. A work item is a block of those rows and a range of keys.
package struct AttentionTiles: Hashable, Sendable {
  /// Whether rows are so few that keys and values are better read where they lie than packed first.
  let isDirect: Bool
  /// Folded rows of one key-value head.
  let rows: Int
  let rowsPerBlock: Int
  /// Keys of a tile; tiles begin at multiples of it.
  let keysPerTile: Int
  /// Ranges that the keys of one block are split into, and their length, a multiple of `keysPerTile`.
  package let keyRanges: Int
  let keysPerRange: Int
  /// What an item leaves where keys are split.
  let partial: AttentionPartials.Slot

  /// Rows whose scores, softmax and product with values follow each other: a multiple of every register tile (4 and 6
  /// rows), so few that their scores stay in the first-level cache.
  let rowsPerGroup: Int
  /// The scores of 12 rows with 512 keys take 24 KiB of a first level of 32.
  private static let leastRowsPerGroup = 12
  private static let mostRowsPerBlock = 512
  /// Items that a sequence of few rows is wanted to have.
  private static let itemsOfFewRows = 64
  /// 43, which a 64-bit word has a bit each for.
  static let mostGroupsPerBlock = (mostRowsPerBlock + leastRowsPerGroup - 1) / leastRowsPerGroup

  package init(_ problem: AttentionProblem) {
    let planes = problem.batch * problem.keyValueHeads
    let (width, valueWidth) = (problem.headDimension, problem.valueDimension)
    let rows = problem.groupSize * problem.queryLength
    self.rows = rows
    // Packing moves a key or value once for 2 · rows FLOPs; below this it takes longer than the products.
    isDirect = rows <= 8
    // Packed keys and values take half of a second-level cache of 512 KiB, the smallest that servers have. Longer tiles
    // make the steps of the online softmax rarer, but 512 scores of a group are what the first level holds.
    let packedValueWidth =
      Self.packsValues(columns: valueWidth, stride: valueWidth) ? Self.packedColumns(of: valueWidth) : valueWidth
    let packedKeys = (256 << 10) / (4 * (width + packedValueWidth)) / 64 * 64
    // Few rows: runs of keys, four a tile, should be longer than the pages at whose ends the hardware prefetcher stops,
    // and the keys should stay in the second-level cache for a second group of rows. 512 keys, 128 wide, read 1 to 4
    // points of the bandwidth more than 256 or 1024, for memory is idle at the end of each product; but where keys are
    // few, threads want more ranges. Keys and values that are made floats of take half a MiB of the workspace at most:
    // heads wider than 256 have shorter tiles.
    let floatKeys = (512 << 10) / (4 * (width + valueWidth)) / 64 * 64
    let wantedRanges = (Self.itemsOfFewRows + max(1, problem.keyValueHeads) - 1) / max(1, problem.keyValueHeads)
    let isLong = problem.keyLength >= 512 * wantedRanges && max(width, valueWidth) <= 128
    let directKeys = problem.keyValueType == .float32 ? (isLong ? 512 : 256) : min(256, floatKeys)
    let keysPerTile = isDirect ? directKeys : min(512, max(64, packedKeys))
    self.keysPerTile = keysPerTile
    // With few keys there is room for more rows, which saves calls (64 queries of 16 heads: 1.15 of the time of storing
    // the scores, then 1.03 to 1.05; more than 48 rows have not been measured); but where rows see different keys, a group
    // computes what any of its rows sees, which costs more than a call from about 32 keys on.
    let scoreBytes = 4 * min(keysPerTile, problem.keyLength + 16)
    let fitting = (24 << 10) / scoreBytes / Self.leastRowsPerGroup * Self.leastRowsPerGroup
    rowsPerGroup =
      problem.mask == .full || problem.keyLength <= 32
      ? min(48, max(Self.leastRowsPerGroup, fitting)) : Self.leastRowsPerGroup
    // A packed tile serves 512 rows, which makes packing cost about a row's arithmetic in 100; the running sums of as
    // many rows take at most 480 KiB, which with tiles made floats of and packed stays below a MiB a thread. Problems of
    // few blocks are cut finer so that threads have work: into 16 items, of no fewer than 96 rows, which still spread what
    // packing costs. Neither number has been measured against others.
    let most = min(
      Self.mostRowsPerBlock, (480 << 10) / (4 * valueWidth) / Self.leastRowsPerGroup * Self.leastRowsPerGroup)
    let rowsForSixteenItems = (planes * rows + 15) / 16
    let wanted = min(most, max(96, rowsForSixteenItems))
    let blocks = max(1, (rows + wanted - 1) / wanted)
    // Blocks of one size, so that none is left with a few rows to pack for.
    let even = (rows + blocks - 1) / blocks
    let rowsPerBlock = max(1, (even + Self.leastRowsPerGroup - 1) / Self.leastRowsPerGroup * Self.leastRowsPerGroup)
    self.rowsPerBlock = rowsPerBlock
    precondition((rowsPerBlock + rowsPerGroup - 1) / rowsPerGroup <= Self.mostGroupsPerBlock)
    // Where blocks are fewer than threads may be, keys are split too, as long as a range is worth a work item and the
    // partial results stay within 4 MiB. Few rows are split as if their sequence were alone, and had to leave room for as
    // many as linear maps take together: then its bits do not follow from what is decoded beside it. Ranges of one tile
    // rather than of 512 keys and more save two threads 2 to 4 µs (3 heads of 3 query heads, 64 wide: of 23 µs at 513
    // keys, of 35 at 801): 128 keys at least let every tile be one. How many items are wanted, and the 1024 keys at least
    // where rows are many, have not been measured against others.
    let itemsPerSequence = problem.keyValueHeads * ((rows + rowsPerBlock - 1) / rowsPerBlock)
    let splitItems = max(1, isDirect ? itemsPerSequence : problem.batch * itemsPerSequence)
    let sequences = isDirect ? max(problem.batch, StoredLinearPlan.fewRows) : problem.batch
    let (wantedItems, leastKeys) = isDirect ? (Self.itemsOfFewRows, 128) : (16, 1024)
    partial = AttentionPartials.Slot(rows: min(rows, rowsPerBlock), valueDimension: valueWidth)
    let partialBytes = max(1, sequences * itemsPerSequence * partial.byteCount)
    let ranges = min(
      (wantedItems + splitItems - 1) / splitItems, problem.keyLength / leastKeys, (4 << 20) / partialBytes)
    let tiles = (problem.keyLength + keysPerTile - 1) / keysPerTile
    let tilesPerRange = max(1, (tiles + max(1, ranges) - 1) / max(1, ranges))
    keysPerRange = tilesPerRange * keysPerTile
    keyRanges = max(1, (tiles + tilesPerRange - 1) / tilesPerRange)
  }

  var blocks: Int { (rows + rowsPerBlock - 1) / rowsPerBlock }

  /// Whether values are packed for the products of many rows. Those without gaps, of whole vectors of every variant, are
  /// multiplied where they lie: packing 16 keys took 9 to 12 % of an item's time, and a tile of 512 comes from the caches
  /// as fast unpacked.
  static func packsValues(columns: Int, stride: Int) -> Bool { stride != columns || !columns.isMultiple(of: 16) }

  /// Columns of packed values: panels have at most 64.
  static func packedColumns(of columns: Int) -> Int { (columns + 63) / 64 * 64 }
}
