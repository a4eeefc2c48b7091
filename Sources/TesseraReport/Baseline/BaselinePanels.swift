/// How the output of the baseline's linear map is cut into panels, each one call of OpenBLAS: a function of the problem
/// alone, because its result depends in the last bits on how it is called.
struct BaselinePanels: Hashable, Sendable {
  let rows: Int
  let columns: Int
  let rowsPerPanel: Int
  private(set) var columnsPerPanel: Int

  /// Each panel packs its own operands: rows of `input` once for each panel beside it, rows of `weight` once for each
  /// panel below it, which costs about 1 / columnsPerPanel + 1 / rowsPerPanel of the arithmetic's time.
  /// Panels of several planes count together.
  init(rows: Int, columns: Int, planes: Int = 1) {
    self.rows = rows
    self.columns = columns
    rowsPerPanel = Self.extent(of: rows, preferred: 1024)
    var preferred = 1024
    columnsPerPanel = Self.extent(of: columns, preferred: preferred)
    // Few panels leave threads idle: 512 rows by 1024 columns would be one. Narrower ones cost little while there are
    // few rows to pack anew (512 × 1024 × 4096 on 2 threads: 230 GFLOP/s in one panel, 400 in four); at 4096 rows 16
    // panels instead of 4 or 8 lose 4 %.
    while planes * count < Self.leastCount, preferred > Self.leastColumns {
      preferred /= 2
      columnsPerPanel = Self.extent(of: columns, preferred: preferred)
    }
  }

  /// Panels that there should be, and the narrowest that is made for their sake.
  private static let leastCount = 8
  private static let leastColumns = 256

  var count: Int { rowPanels * columnPanels }
  private var rowPanels: Int { rows == 0 ? 0 : (rows + rowsPerPanel - 1) / rowsPerPanel }
  private var columnPanels: Int { columns == 0 ? 0 : (columns + columnsPerPanel - 1) / columnsPerPanel }

  /// Rows and columns of one panel; neighbours in rows come one after the other, so that they find weights in cache.
  subscript(index: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let (columnPanel, rowPanel) = index.quotientAndRemainder(dividingBy: rowPanels)
    let firstRow = rowPanel * rowsPerPanel
    let firstColumn = columnPanel * columnsPerPanel
    return (
      firstRow..<min(rows, firstRow + rowsPerPanel), firstColumn..<min(columns, firstColumn + columnsPerPanel)
    )
  }

  /// Even parts no larger than `preferred`, rounded up to 48: a multiple of the register tiles of OpenBLAS's kernels.
  private static func extent(of size: Int, preferred: Int) -> Int {
    let parts = max(1, (size + preferred - 1) / preferred)
    let even = (size + parts - 1) / parts
    return max(1, (even + 47) / 48 * 48)
  }
}
