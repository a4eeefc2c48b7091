/// How attention's backward pass is cut: a function of the problem alone, the same for every variant and thread count.
///
/// A work item is a key-value head of a sequence and a range of its keys. It goes through the range tile by tile, and
/// past each tile all queries of all heads that share the keys, so that each pair's score is computed once and nobody
/// else adds to the item's gradients of keys and values. Those of queries are sums over all keys: where the keys are in
/// several ranges each leaves its part, and the parts are added in the order of the keys; or ranges wait for each other
/// and add to the sums themselves, where heads wait for each other as well (`AttentionBiasOrder`).
package struct AttentionGradientPartition {
  /// Keys of a tile, whole granules; tiles begin at multiples of it.
  let keysPerTile: Int
  /// Ranges that the keys of a head are split into, and their length, a multiple of `keysPerTile`.
  package let keyRanges: Int
  let keysPerRange: Int
  /// The order in which heads add to the bias's gradient; nil where the problem does not want it.
  let biasOrder: AttentionBiasOrder?
  /// Queries of one head that are taken together. Their probabilities are what the products for keys and values sum
  /// over: a sum begun and stored once for 96 steps costs a twelfth of a step each. A multiple of every register tile.
  static let queriesPerTile = 96
  /// Queries whose scores, gradients of scores and product with keys follow each other, a multiple of every register
  /// tile: few, of which with 192 keys those take 36 KiB, about the first-level cache; twice as many where nothing is
  /// hidden by position, because a group computes what any of its queries sees.
  let queriesPerGroup: Int
  private static let fewQueriesPerGroup = 24
  private static let manyQueriesPerGroup = 2 * fewQueriesPerGroup
  /// Keys that documents have on average where groups are large: two groups' worth, so that few groups see two of them.
  private static let leastDocumentLength = 2 * manyQueriesPerGroup
  /// Where sequences have numbers of queries, or places of keys, of their own: which items are whose.
  private let sequences: Sequences?
  private let heads: Int
  /// Key-value heads of all sequences.
  private let places: Int
  package let itemCount: Int

  private struct Sequences {
    let items: SequenceItems
    /// Ranges of each sequence's keys.
    let ranges: [Int]
  }

  /// Items that are wanted, for threads that share the work; and the parts of queries' gradients that a head has at
  /// most.
  private static let wantedItems = 32
  private static let mostRanges = 16

  package init(_ problem: AttentionProblem) {
    // A key has its packed key twice, its packed value once, and a sum for each column of its gradients: with 64
    // columns 192 keys take 240 KiB, and more columns have 384 KiB, beside which the scores of a tile of queries and
    // what comes next stay in a second level of 1 MiB.
    let floatsPerKey = 3 * problem.headDimension + 2 * problem.valueDimension
    let fitting = KeyValueRanges.granuleStart(of: (384 << 10) / (4 * floatsPerKey))
    keysPerTile = min(
      192, max(KeyValueRanges.granule, fitting),
      max(KeyValueRanges.granule, KeyValueRanges.wholeGranules(problem.keyLength)))
    let documents = problem.documentStarts?.map(\.count).max() ?? 0
    let seesAlike =
      problem.mask == .full && problem.blockMask == nil
      && documents * Self.leastDocumentLength <= problem.keyLength
    queriesPerGroup = seesAlike ? Self.manyQueriesPerGroup : Self.fewQueriesPerGroup
    biasOrder = AttentionBiasOrder(problem)
    // Those that can run at the same time.
    let heads = max(1, biasOrder?.width ?? problem.batch * problem.keyValueHeads)
    let tiles = (problem.keyLength + keysPerTile - 1) / keysPerTile
    let ranges = max(1, min((Self.wantedItems + heads - 1) / heads, Self.mostRanges, tiles))
    let tilesPerRange = max(1, (tiles + ranges - 1) / ranges)
    let keysPerRange = tilesPerRange * keysPerTile
    self.keysPerRange = keysPerRange
    keyRanges = max(1, (tiles + tilesPerRange - 1) / tilesPerRange)
    self.heads = problem.keyValueHeads
    places = problem.batch * problem.keyValueHeads
    guard problem.queryLengths != nil || problem.keyStarts != nil else {
      sequences = nil
      itemCount = places * keyRanges
      return
    }
    let counts = (0..<problem.batch).map { sequence in
      let keys = problem.keyRoom(ofSequence: sequence)
      // Gradients of queries that have no keys are written too.
      return keys == 0 && problem.queryLength(ofSequence: sequence) == 0
        ? 0 : max(1, (keys + keysPerRange - 1) / keysPerRange)
    }
    let items = SequenceItems(counts: counts.map { problem.keyValueHeads * $0 })
    sequences = Sequences(items: items, ranges: counts)
    itemCount = items.count
  }

  /// The turns in which items add to the bias's gradient; none where the problem does not want it. The number of
  /// threads says only in which order they are handed out.
  package func biasTurns(threadCount: Int) -> [AttentionBiasOrder.Turn] {
    biasOrder?.turns(chainsUnderWay: 2 * threadCount, rangesWait: rangesWait) { place in
      let (sequence, head) = place.quotientAndRemainder(dividingBy: heads)
      let first = firstItem(ofSequence: sequence, keyValueHead: head)
      return first..<first + keyRanges(ofSequence: sequence)
    } ?? []
  }

  /// Whether ranges of a head's keys add to the gradients of its queries one after the other, and need no sums of their
  /// own: where so many heads wait for each other that as many items as there are ranges can run at the same time.
  package var rangesWait: Bool { biasOrder.map { $0.depth >= keyRanges } ?? false }

  /// Whether the ranges of a sequence's keys leave parts of queries' gradients.
  func leavesParts(ofSequence sequence: Int) -> Bool { !rangesWait && keyRanges(ofSequence: sequence) > 1 }

  /// How many slots there are for products output-gradient · output: one for each item, or where ranges wait, and later
  /// ones use what the first has made, one for each key-value head of a sequence. Fewer would not do: products are
  /// used until the head's last range has run, and by its sinks' gradients after all items.
  var productSlotCount: Int { rangesWait ? places : itemCount }

  func productSlot(ofSequence sequence: Int, keyValueHead: Int, range: Int) -> Int {
    rangesWait
      ? sequence * heads + keyValueHead : firstItem(ofSequence: sequence, keyValueHead: keyValueHead) + range
  }

  func sequence(ofProductSlot slot: Int) -> Int { rangesWait ? slot / heads : find(item: slot).sequence }

  /// Ranges of the keys of a sequence.
  func keyRanges(ofSequence sequence: Int) -> Int { sequences?.ranges[sequence] ?? keyRanges }

  /// The item of a head's first keys; those of its others follow.
  func firstItem(ofSequence sequence: Int, keyValueHead: Int) -> Int {
    (sequences?.items.first(ofSequence: sequence) ?? sequence * heads * keyRanges)
      + keyValueHead * keyRanges(ofSequence: sequence)
  }

  func find(item: Int) -> (sequence: Int, keyValueHead: Int, range: Int) {
    let (sequence, index): (Int, Int)
    if let sequences {
      (sequence, index) = sequences.items.find(item)
    } else {
      (sequence, index) = item.quotientAndRemainder(dividingBy: heads * keyRanges)
    }
    let (head, range) = index.quotientAndRemainder(dividingBy: keyRanges(ofSequence: sequence))
    return (sequence, head, range)
  }
}
