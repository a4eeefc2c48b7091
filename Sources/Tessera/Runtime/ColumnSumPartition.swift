/// How a matrix is cut into work items where its rows are added up, column by column: blocks of rows, and of columns
/// where rows are long. A function of the problem, never of the thread count.
struct ColumnSumPartition: Hashable {
  let rows: Int
  let columns: Int
  let rowsPerItem: Int
  let columnsPerItem: Int

  /// Rows that a kernel adds up in single precision; the sums of those are added in double.
  static let rowsPerCall = 128
  /// Blocks of rows: as many threads as can share the work, and no more partial sums than stay in fast memory.
  private static let mostRowBlocks = 64
  /// Memory is read in runs of 16 KiB of each stream, whose sums leave the first level to them; of 4 KiB where rows
  /// alone are too few items.
  private static let longColumns = 4096
  private static let shortColumns = 1024
  private static let enoughRowCalls = 16

  /// `bytesPerColumn`: what a row streams in each of its columns.
  init(rows: Int, columns: Int, bytesPerColumn: Int) {
    self.rows = rows
    self.columns = columns
    // A call's rows in a mebibyte; 64 columns are a dropout step of every variant.
    let fitting = (1 << 20) / (Self.rowsPerCall * max(1, bytesPerColumn)) / 64 * 64
    let rowCalls = max(1, (rows + Self.rowsPerCall - 1) / Self.rowsPerCall)
    let least = rowCalls >= Self.enoughRowCalls ? Self.longColumns : Self.shortColumns
    columnsPerItem = max(1, min(columns, max(least, fitting)))
    let wanted = RowPartition(rows: rows, bytesPerRow: columnsPerItem * bytesPerColumn).rowsPerItem
    let leastRows = (rows + Self.mostRowBlocks - 1) / Self.mostRowBlocks
    let calls = (max(min(wanted, rows), leastRows, 1) + Self.rowsPerCall - 1) / Self.rowsPerCall
    rowsPerItem = calls * Self.rowsPerCall
  }

  var rowBlocks: Int { (rows + rowsPerItem - 1) / rowsPerItem }
  var columnBlocks: Int { (columns + columnsPerItem - 1) / columnsPerItem }
  var itemCount: Int { rowBlocks * columnBlocks }

  /// Items of the same rows follow each other.
  func rows(ofItem item: Int) -> Range<Int> {
    let start = item / columnBlocks * rowsPerItem
    return start..<min(rows, start + rowsPerItem)
  }

  func columns(ofItem item: Int) -> Range<Int> {
    let start = item % columnBlocks * columnsPerItem
    return start..<min(columns, start + columnsPerItem)
  }
}
