/// The work items of one plane's product: a grid of row parts by column parts, and what is done once for all of them. A
/// function of the problem, of how it is blocked and of the byte model's C.
package struct GemmItems: Hashable, Sendable {
  let problem: GemmProblem
  let rowsPerItem: Int
  let columnsPerItem: Int
  /// Whether all left rows are gathered before the items, because too many of those and of their groups of columns
  /// would each do so for itself.
  package let gathersLeft: Bool

  /// Operations of an item, and bytes of the right operand of one, that are enough to hand it out: 0.2 µs beside
  /// hundreds of microseconds of arithmetic or tens of reading.
  private static let operationsPerItem = 1 << 26
  private static let rightBytesPerItem = 256 << 10
  private static let elementsPerEpilogueItem = 256 << 10
  /// Enough for the threads of a socket, and few enough that operands are not read again and again.
  private static let mostItems = 32
  /// An item whose left rows are gathered for it alone has enough columns to pay for that, a few per cent of its
  /// arithmetic, unless that left fewer than `fewItems`.
  private static let columnsOfOwnLeft = 1024
  /// Left rows that would be gathered so often, or more, are so once before, where half of C has room for them.
  private static let manyTimes = 4
  /// Where columns do not make so many items, rows are cut finer than a block would be, but no finer than this.
  private static let fewItems = 8
  private static let leastRowsPerBlock = 96

  /// The grid that moves least of all with enough items. `planes` share what is enough.
  package init(_ problem: GemmProblem, planes: Int, blocking: GemmBlocking, capacity: Int) {
    self.problem = problem
    let wanted = Self.wantedParts(problem, planes: planes)
    let mostRowParts = max(1, (problem.rows + blocking.rowsPerBlock - 1) / blocking.rowsPerBlock)
    var mostColumnParts = Self.mostColumnParts(problem)
    if !blocking.leavesLeft, !blocking.keepsLeft(of: problem) {
      let few = (Self.fewItems - 1) / max(1, mostRowParts * planes) + 1
      mostColumnParts = min(mostColumnParts, max(few, problem.columns / Self.columnsOfOwnLeft))
    }
    // What is not packed is packed once for all rows of an item, which must then be one block.
    let leastRowParts = problem.right == .packed || blocking.packsWhole ? 1 : mostRowParts
    var best = (rows: problem.rows, columns: problem.columns, bytes: Int.max)
    // More row parts than items have one column part each, and move no less.
    for rowParts in leastRowParts...min(mostRowParts, max(leastRowParts, wanted)) {
      let columnParts = min(mostColumnParts, (wanted + rowParts - 1) / rowParts)
      guard rowParts * columnParts >= min(wanted, mostRowParts * mostColumnParts) else { continue }
      let blocks = (mostRowParts + rowParts - 1) / rowParts
      let rows = blocks * blocking.rowsPerBlock
      let columns = GemmBlocking.evenPart(
        of: problem.columns, atMost: max(1, (problem.columns + columnParts - 1) / columnParts),
        granule: GemmBlocking.columnGranule)
      let candidate = GemmItems(problem, rowsPerItem: rows, columnsPerItem: columns)
      let moved = candidate.total(blocking, capacity: capacity)
      let bytes = moved.readBytes + moved.writtenBytes
      if bytes < best.bytes { best = (rows, columns, bytes) }
    }
    (rowsPerItem, columnsPerItem) = (max(1, best.rows), max(1, best.columns))
    let parts = (problem.columns + columnsPerItem - 1) / columnsPerItem
    let groups = (columnsPerItem + blocking.columnsPerGroup - 1) / blocking.columnsPerGroup
    gathersLeft =
      !blocking.leavesLeft && !blocking.keepsLeft(of: problem) && !blocking.packsWhole && planes == 1
      && parts * groups >= Self.manyTimes && problem.leftBytes <= capacity / 2
  }

  /// So many items of a plane are enough.
  private static func wantedParts(_ problem: GemmProblem, planes: Int) -> Int {
    let rightBytes = problem.rights * problem.right.byteCount(columns: problem.columns, depth: problem.depth)
    let operations =
      2 * Double(planes) * Double(problem.rights) * Double(problem.rows) * Double(problem.columns)
      * Double(problem.depth)
    let ofAll = max(
      Int(min(1e9, (operations / Double(operationsPerItem)).rounded(.up))), rightBytes / rightBytesPerItem)
    // What an epilogue does is work of its own where the depth is short.
    let ofEpilogue =
      problem.finish == .output ? 0 : problem.rights * problem.rows * problem.columns / elementsPerEpilogueItem
    return max(1, (min(mostItems, max(ofAll, ofEpilogue)) + planes - 1) / max(1, planes))
  }

  private static func mostColumnParts(_ problem: GemmProblem) -> Int {
    problem.finish == .rows ? 1 : max(1, problem.columns / (2 * GemmBlocking.columnGranule))
  }

  /// Rows of a block that leave enough items where columns alone are too few, but not so few that packing shows.
  static func mostRowsPerBlock(_ problem: GemmProblem, planes: Int) -> Int {
    let (wanted, columnParts) = (wantedParts(problem, planes: planes), mostColumnParts(problem))
    return max(leastRowsPerBlock, problem.rows / ((min(fewItems, wanted) + columnParts - 1) / columnParts))
  }

  private init(_ problem: GemmProblem, rowsPerItem: Int, columnsPerItem: Int) {
    (self.problem, self.rowsPerItem, self.columnsPerItem) = (problem, rowsPerItem, columnsPerItem)
    gathersLeft = false
  }

  private var rowParts: Int { (problem.rows + rowsPerItem - 1) / rowsPerItem }
  private var columnParts: Int { (problem.columns + columnsPerItem - 1) / columnsPerItem }
  package var count: Int { rowParts * columnParts }

  /// Rows and columns of an item. Neighbours share their rows, which a thread then need not gather again.
  subscript(item: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let (rowPart, columnPart) = item.quotientAndRemainder(dividingBy: columnParts)
    let (row, column) = (rowPart * rowsPerItem, columnPart * columnsPerItem)
    return (
      row..<min(problem.rows, row + rowsPerItem), column..<min(problem.columns, column + columnsPerItem)
    )
  }

  /// What all items move.
  package func total(_ blocking: GemmBlocking, capacity: Int) -> Traffic {
    var total = Traffic()
    for (rows, rowCount) in Self.parts(of: problem.rows, rowsPerItem) {
      for (columns, columnCount) in Self.parts(of: problem.columns, columnsPerItem) {
        let item = traffic(rows: rows, columns: columns, blocking, capacity: capacity)
        total.readBytes += rowCount * columnCount * item.readBytes
        total.writtenBytes += rowCount * columnCount * item.writtenBytes
      }
    }
    if blocking.rightStays { total.readBytes -= (rowParts - 1) * problem.rightBytes(columns: problem.columns) }
    if gathersLeft { total.readBytes += problem.leftBytes }
    return total
  }

  /// What an item of these rows and columns moves.
  func traffic(rows: Int, columns: Int, _ blocking: GemmBlocking, capacity: Int) -> Traffic {
    problem.traffic(rows: rows, columns: columns, blocking, capacity: capacity, leftIsGathered: gathersLeft)
  }

  /// Whole parts and the rest, each with how many there are.
  private static func parts(of size: Int, _ part: Int) -> [(size: Int, count: Int)] {
    [(part, size / part), (size % part, size % part > 0 ? 1 : 0)]
  }
}
