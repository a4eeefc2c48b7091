/// How rows in the order of their numbers are cut into work items: several numbers with all of their rows, or a part of
/// the columns of a number that has more rows than an item. It follows from the numbers, and no bit depends on it.
struct NamedRowItems {
  struct Item: BitwiseCopyable {
    private var firstPlace, endOfPlaces: Int
    private var firstColumn, endOfColumns: Int

    init(places: Range<Int>, columns: Range<Int>) {
      (firstPlace, endOfPlaces) = (places.lowerBound, places.upperBound)
      (firstColumn, endOfColumns) = (columns.lowerBound, columns.upperBound)
    }

    /// Places in the order.
    var places: Range<Int> { firstPlace..<endOfPlaces }
    var columns: Range<Int> { firstColumn..<endOfColumns }
  }

  private let rowsPerItem: Int
  private let columns: Int
  private let memory: AlignedBuffer<Item>

  /// Columns of a part: whole cache lines, and not fewer than a kernel takes in one go.
  private static let columnsTogether = 64

  init(rows: Int, columns: Int) throws(TesseraError) {
    // A row is read and, or but for few others, written.
    let partition = RowPartition(rows: rows, bytesPerRow: 2 * ElementType.float32.byteCount(ofElements: columns))
    rowsPerItem = partition.rowsPerItem
    self.columns = columns
    // An item is full, or ends before a number that is cut, of which there are no more than full ones; cut are such
    // numbers into at most twice the items that their rows fill.
    memory = try AlignedBuffer(uninitializedCount: 4 * partition.itemCount + 1)
  }

  var byteCount: Int { memory.count * MemoryLayout<Item>.stride }

  /// The items of a call, in this value's memory.
  func items(
    of order: UnsafeBufferPointer<Int>, _ ids: UnsafeBufferPointer<Int32>
  ) -> UnsafeBufferPointer<Item> {
    var count = 0
    func add(_ places: Range<Int>, _ columns: Range<Int>) {
      guard !places.isEmpty, !columns.isEmpty else { return }
      memory.pointer[count] = Item(places: places, columns: columns)
      count += 1
    }
    var (first, place) = (0, 0)
    while place < order.count {
      let end = RowsByNumber.end(ofNumberAt: place, in: order, ids)
      if end - place > rowsPerItem {
        add(first..<place, 0..<columns)
        let width = partWidth(rows: end - place)
        for start in stride(from: 0, to: columns, by: width) { add(place..<end, start..<min(columns, start + width)) }
        first = end
      } else if end - first >= rowsPerItem {
        add(first..<end, 0..<columns)
        first = end
      }
      place = end
    }
    add(first..<place, 0..<columns)
    return UnsafeBufferPointer(start: memory.pointer, count: count)
  }

  /// Columns of each part of a number with so many rows.
  private func partWidth(rows: Int) -> Int {
    let wanted = (rows + rowsPerItem - 1) / rowsPerItem
    let pieces = (columns + Self.columnsTogether - 1) / Self.columnsTogether
    return max(1, (pieces + wanted - 1) / wanted) * Self.columnsTogether
  }
}
