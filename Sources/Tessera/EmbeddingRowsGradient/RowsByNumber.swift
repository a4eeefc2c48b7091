/// The rows of a call in the order of the numbers that they have, those of one number in ascending order: a sort by the
/// numbers' bytes, the lowest first, in the calling thread.
struct RowsByNumber {
  private let rows: Int
  /// Bytes that numbers below the vocabulary have.
  private let digits: Int
  /// Two orders, which sorting goes to and fro between.
  private let memory: AlignedBuffer<Int>

  init(rows: Int, vocabulary: Int) throws(TesseraError) {
    self.rows = rows
    digits = max(1, (Int.bitWidth - max(0, vocabulary - 1).leadingZeroBitCount + 7) / 8)
    let (count, overflow) = rows.multipliedReportingOverflow(by: 2)
    guard !overflow else { throw .outOfMemory(byteCount: .max) }
    memory = try AlignedBuffer(uninitializedCount: count)
  }

  var byteCount: Int { memory.count * MemoryLayout<Int>.stride }

  /// The order, which lies in this value's memory: `rows` row numbers. `ids` has as many, each in the vocabulary.
  func sorted(by ids: UnsafeBufferPointer<Int32>) -> UnsafeBufferPointer<Int> {
    guard rows > 0 else { return UnsafeBufferPointer(start: nil, count: 0) }
    var (order, next) = (memory.pointer, memory.pointer + rows)
    for row in 0..<rows { order[row] = row }
    for digit in 0..<digits {
      func byte(_ row: Int) -> Int { Int(ids[row]) >> (8 * digit) & 0xFF }
      // Where the rows of each value begin.
      var starts = InlineArray<257, Int>(repeating: 0)
      for row in 0..<rows { starts[byte(row) + 1] += 1 }
      for index in 1..<257 { starts[index] += starts[index - 1] }
      for index in 0..<rows {
        let row = order[index]
        let value = byte(row)
        next[starts[value]] = row
        starts[value] += 1
      }
      swap(&order, &next)
    }
    return UnsafeBufferPointer(start: order, count: rows)
  }

  /// Where in the order the numbers from this one on begin.
  static func start(
    of number: Int, in order: UnsafeBufferPointer<Int>, _ ids: UnsafeBufferPointer<Int32>
  ) -> Int {
    var range = 0..<order.count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range = Int(ids[order[middle]]) < number ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return range.lowerBound
  }

  /// Past the last row of the number that the row at this place has.
  static func end(
    ofNumberAt place: Int, in order: UnsafeBufferPointer<Int>, _ ids: UnsafeBufferPointer<Int32>
  ) -> Int {
    var end = place + 1
    while end < order.count, ids[order[end]] == ids[order[place]] { end += 1 }
    return end
  }
}
