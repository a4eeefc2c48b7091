/// How the columns of a linear map of few rows with stored weights are cut into work items: a function of the problem.
struct StoredLinearItems: Hashable, Sendable {
  let columns: Int
  let columnsPerItem: Int

  /// An item reads weights once, 8 to 256 KiB of them. Handing one out costs 0.1 µs, reading 8 KiB 0.3.
  init(columns: Int, rowBytes: Int) {
    self.columns = columns
    let itemBytes = min(256 << 10, max(8 << 10, columns * rowBytes / 16))
    // Whole register tiles.
    columnsPerItem = max(1, itemBytes / max(1, rowBytes) / 4) * 4
  }

  var itemCount: Int { (columns + columnsPerItem - 1) / columnsPerItem }

  subscript(item: Int) -> Range<Int> {
    item * columnsPerItem..<min(columns, (item + 1) * columnsPerItem)
  }
}
