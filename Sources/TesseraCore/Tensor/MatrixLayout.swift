/// Where the elements of a rows × columns matrix lie in a flat span.
///
/// Element (r, c) is at `offset + r * rowStride + c`: columns are contiguous. What is only read may have any row
/// stride, also 0 (one row seen many times) or negative (rows in reverse); what is written needs rows that do not
/// overlap. The unit of `rowStride` and `offset` is the element.
public struct MatrixLayout: Hashable, Sendable {
  public var rows: Int
  public var columns: Int
  public var rowStride: Int
  public var offset: Int

  /// Rows one after the other unless `rowStride` says otherwise.
  public init(rows: Int, columns: Int, rowStride: Int? = nil, offset: Int = 0) {
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride ?? columns
    self.offset = offset
  }
}

extension MatrixLayout {
  /// The half-open range of positions that the layout touches; nil where an extent is negative or a position overflows.
  public var touchedRange: Range<Int>? {
    guard rows >= 0, columns >= 0, offset >= 0 else { return nil }
    guard rows > 0, columns > 0 else { return offset..<offset }
    let (lastRow, overflow) = (rows - 1).multipliedReportingOverflow(by: rowStride)
    let (lowest, lowestOverflow) = offset.addingReportingOverflow(min(0, lastRow))
    let (highest, highestOverflow) = offset.addingReportingOverflow(max(0, lastRow))
    let (end, endOverflow) = highest.addingReportingOverflow(columns)
    let (_, countOverflow) = rows.multipliedReportingOverflow(by: columns)
    guard !overflow, !lowestOverflow, !highestOverflow, !endOverflow, !countOverflow, lowest >= 0 else { return nil }
    return lowest..<end
  }

  /// Throws unless the layout has these extents, within the size limit, and stays inside a span of `count` elements.
  public func check(
    rows: Int, columns: Int, count: Int, written: Bool, operation: String, operand: String
  ) throws(TesseraError) {
    func fail(_ expected: String, _ actual: String) -> TesseraError {
      .invalidOperand(operation: operation, operand: operand, expected: expected, actual: actual)
    }
    guard self.rows == rows, self.columns == columns else {
      throw fail("\(rows) × \(columns)", "\(self.rows) × \(self.columns)")
    }
    guard areWithinSizeLimit(rows, columns) else {
      throw fail("extents from 0, and at most \(maximumElementCount) elements", "\(self)")
    }
    guard let range = touchedRange else {
      throw fail("an offset ≥ 0 and positions that fit in Int", "\(self)")
    }
    guard range.upperBound <= count else {
      throw fail("at least \(range.upperBound) elements", "\(count)")
    }
    guard !written || rows <= 1 || rowStride.magnitude >= columns.magnitude else {
      throw fail("a row stride of at least \(columns), so that written rows do not overlap", "\(rowStride)")
    }
  }
}

extension MatrixLayout: CustomStringConvertible {
  public var description: String { "\(rows) × \(columns), row stride \(rowStride), offset \(offset)" }
}
