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

  /// Many rows: an item dequantises its weights into scratch for OpenBLAS, a quarter of the columns and at most 256 of
  /// them: 576 KiB of a depth of 576. Narrower panels have OpenBLAS arrange the input more often, wider ones leave the
  /// second-level cache. A model in Q4_1 (Zen 5, two threads) reads prompts of 512 and of 64 tokens with panels of an
  /// eighth in 332 and 55 ms, of a quarter in 320 and 52, of halves in 324 and 49 to 53.
  static func manyRows(columns: Int) -> StoredLinearItems {
    let columnsPerItem = min(256, max(48, columns / 4 / 48 * 48))
    return StoredLinearItems(columns: columns, columnsPerItem: columnsPerItem)
  }

  var itemCount: Int { (columns + columnsPerItem - 1) / columnsPerItem }

  subscript(item: Int) -> Range<Int> {
    item * columnsPerItem..<min(columns, (item + 1) * columnsPerItem)
  }
}
