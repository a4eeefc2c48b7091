/// How the rows of a call are cut into work items: a function of the problem, never of the thread count.
public struct RowPartition: Hashable, Sendable {
  public let rows: Int
  public let rowsPerItem: Int

  /// Items stream about a mebibyte: long enough that an item's fixed costs (taking it, loading shared rows again)
  /// stay near 1 %, short enough that tens of threads share the layer's tensors evenly. Small calls are cut finer, down
  /// to 64 KiB, below which handing an item out costs more than a second thread gains.
  /// All bytes together fit in Int, as those of layouts within the size limit do.
  public init(rows: Int, bytesPerRow: Int) {
    self.rows = rows
    let total = max(1, rows * bytesPerRow)
    let itemBytes = min(1 << 20, max(64 << 10, total / 16))
    rowsPerItem = max(1, itemBytes / max(1, bytesPerRow))
  }

  public var itemCount: Int { (rows + rowsPerItem - 1) / rowsPerItem }

  public func rows(ofItem item: Int) -> Range<Int> {
    let start = item * rowsPerItem
    return start..<min(rows, start + rowsPerItem)
  }
}
