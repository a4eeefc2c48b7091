/// How the columns of a linear map with stored weights are cut into work items: a function of the problem.
struct StoredLinearItems: Hashable, Sendable {
  let columns: Int
  let columnsPerItem: Int

  /// Few rows: an item reads weights once, 8 to 256 KiB of them. Handing one out costs 0.1 µs, reading 8 KiB 0.3.
  static func fewRows(columns: Int, rowBytes: Int) -> StoredLinearItems {
    let total = columns * rowBytes
    let itemBytes = min(256 << 10, max(8 << 10, total / 16))
    // Whole register tiles.
    return StoredLinearItems(columns: columns, columnsPerItem: max(1, itemBytes / max(1, rowBytes) / 4) * 4)
  }

  /// Many rows: an item dequantises its weights into scratch for OpenBLAS, of which it takes at most 256 columns: 576 KiB
  /// of a depth of 576. Not measured; deep maps have panels that leave the second-level cache.
  static func manyRows(columns: Int) -> StoredLinearItems {
    let columnsPerItem = min(256, max(48, columns / 8 / 48 * 48))
    return StoredLinearItems(columns: columns, columnsPerItem: columnsPerItem)
  }

  var itemCount: Int { (columns + columnsPerItem - 1) / columnsPerItem }

  subscript(item: Int) -> Range<Int> {
    item * columnsPerItem..<min(columns, (item + 1) * columnsPerItem)
  }
}
