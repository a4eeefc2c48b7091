/// What an item of attention moves between main memory and a fast memory that is empty at its start.
///
/// Keys and values of the item are read once. Its query rows and its sums come round once for each tile of keys: they
/// stay where they fit beside the next tile and its packed copy. Operands of the scores are read once a row.
struct AttentionResidency: Hashable, Sendable {
  private let type: ElementType
  private let width: Int
  private let valueWidth: Int
  private let keysPerTile: Int
  private let groupSize: Int
  private let capacity: Int
  private let tilesHeld: Int
  private let isSplit: Bool
  private let writesLogSumExp: Bool
  /// Numbers that each head has of its own.
  private let headParameters: Int
  private let scoreOperands: [AttentionScoreOperand]

  init(_ problem: AttentionProblem, _ partition: AttentionPartition, capacity: Int) {
    type = problem.keyValueType
    width = problem.headDimension
    valueWidth = problem.valueDimension
    keysPerTile = partition.keysPerTile
    groupSize = problem.groupSize
    self.capacity = capacity
    tilesHeld = partition.tiles.tilesHeld
    isSplit = partition.keyRanges > 1
    writesLogSumExp = problem.writesLogSumExp
    headParameters = (problem.slopes == nil ? 0 : 1) + (problem.hasSinks ? 1 : 0)
    scoreOperands = AttentionScoreOperand.all(of: problem)
  }

  /// What an item has read of keys and of what its scores are changed by.
  struct Reads {
    /// Keys that some row sees, and those that are read with them.
    fileprivate var seenKeys = 0, loadedKeys = 0
    fileprivate var operandBytes = 0
  }

  /// Counts keys that the item's rows see, from the first to the last.
  func count(_ keys: Range<Int>, of item: AttentionItem, seeing visible: VisibleKeys, in reads: inout Reads) {
    reads.seenKeys += keys.count
    // Tiles begin with a granule, up to 63 keys before the first that is seen.
    reads.loadedKeys += keys.upperBound - KeyValueRanges.granuleStart(of: keys.lowerBound)
    for operand in scoreOperands {
      reads.operandBytes += operand.elementBytes * elements(of: operand, rows: item.rows, seeing: visible, keys: keys)
    }
  }

  /// `reads` came in so many tiles; `readsWholeTiles`: also the values of keys that are read with those that are seen.
  func traffic(of item: AttentionItem, reading reads: Reads, tileCount: Int, readsWholeTiles: Bool) -> Traffic {
    let rows = item.rows.count
    let (keyBytes, valueBytes) = (type.byteOffset(ofElement: width), type.byteOffset(ofElement: valueWidth))
    let perKey = keyBytes + valueBytes
    let values = readsWholeTiles ? reads.loadedKeys : reads.seenKeys
    var traffic = Traffic(readBytes: reads.loadedKeys * keyBytes + values * valueBytes, writtenBytes: 0)
    let float = MemoryLayout<Float>.stride
    let (queries, sums) = (rows * width * float, rows * valueWidth * float)
    let tiles = min(keysPerTile, reads.seenKeys) * perKey * tilesHeld
    let stays = queries + sums + tiles <= capacity
    traffic.readBytes += queries * (stays ? min(1, tileCount) : tileCount)
    if !stays, tileCount > 1 {
      traffic.readBytes += sums * (tileCount - 1)
      traffic.writtenBytes += sums * (tileCount - 1)
    }
    // A part's sums and statistics wait in the workspace for the merge, which counts the output.
    traffic.writtenBytes += isSplit ? 0 : sums + (writesLogSumExp ? rows * float : 0)
    traffic.readBytes += headParameters * min(groupSize, rows) * float
    traffic.readBytes += reads.operandBytes
    return traffic
  }

  /// What the merge of one block moves: the parts are cached still, as a plan bounds them.
  func mergeTraffic(rows: Int) -> Traffic {
    let perRow = valueWidth + (writesLogSumExp ? 1 : 0)
    return Traffic(readBytes: 0, writtenBytes: rows * perRow * MemoryLayout<Float>.stride)
  }

  private func elements(
    of operand: AttentionScoreOperand, rows: Range<Int>, seeing visible: VisibleKeys, keys: Range<Int>
  ) -> Int {
    guard operand.differsByQuery else { return keys.count * (operand.differsByHead ? min(groupSize, rows.count) : 1) }
    var count = 0
    for row in 0..<rows.count {
      let head = (rows.lowerBound + row) % groupSize
      if !operand.differsByHead, head != 0, row != 0 { continue }
      count += visible.keys(ofRow: row).clamped(to: keys).count
    }
    return count
  }
}
