/// Where the matrices of a batch lie: planes in an outer and an inner level, as heads lie in sequences.
///
/// Element (plane, r, c) is at offset + (plane / innerPlanes) · outerStride + (plane % innerPlanes) · innerStride
/// + r · rowStride + c. Columns are contiguous; strides and offset are in elements and not negative.
public struct BatchedMatrixLayout: Hashable, Sendable {
  public var planes: Int
  public var innerPlanes: Int
  public var rows: Int
  public var columns: Int
  public var outerStride: Int
  public var innerStride: Int
  public var rowStride: Int
  public var offset: Int

  /// One plane after the other, without gaps.
  public init(planes: Int, rows: Int, columns: Int) {
    self.init(
      planes: planes, innerPlanes: 1, rows: rows, columns: columns,
      outerStride: rows.multipliedReportingOverflow(by: columns).partialValue, innerStride: 0, rowStride: columns)
  }

  public init(
    planes: Int, innerPlanes: Int, rows: Int, columns: Int, outerStride: Int, innerStride: Int, rowStride: Int,
    offset: Int = 0
  ) {
    self.planes = planes
    self.innerPlanes = innerPlanes
    self.rows = rows
    self.columns = columns
    self.outerStride = outerStride
    self.innerStride = innerStride
    self.rowStride = rowStride
    self.offset = offset
  }

  /// The position of a plane's first element.
  public func start(ofPlane plane: Int) -> Int {
    let (outer, inner) = plane.quotientAndRemainder(dividingBy: innerPlanes)
    return offset + outer * outerStride + inner * innerStride
  }

  /// The distance from each plane to the next; nil where the two levels make it uneven.
  private var planeStride: Int? {
    if planes <= innerPlanes { return planes <= 1 ? 0 : innerStride }
    if innerPlanes == 1 { return outerStride }
    let (inner, overflow) = innerPlanes.multipliedReportingOverflow(by: innerStride)
    return !overflow && outerStride == inner ? innerStride : nil
  }

  /// The distance between neighbours of each run of so many planes, as the heads of a sequence are; nil where it is not
  /// the same for all, 0 of a single head.
  public func stride(ofHeads heads: Int) -> Int? {
    if heads <= 1 { return 0 }
    if planes <= innerPlanes || innerPlanes % heads == 0 { return innerStride }
    return innerPlanes == 1 ? outerStride : nil
  }

  /// Whether every element lies at the same position in both, however their levels are written.
  public func coincides(with other: BatchedMatrixLayout) -> Bool {
    if self == other { return true }
    guard planes == other.planes, rows == other.rows, columns == other.columns, offset == other.offset,
      rows <= 1 || rowStride == other.rowStride, let planeStride
    else { return false }
    return planeStride == other.planeStride
  }

  /// Positions needed in a span: one past the last element; nil where an extent or stride is negative, a position
  /// overflows, or planes · rows or the number of elements exceeds the size limit.
  public var requiredCount: Int? {
    guard planes >= 0, innerPlanes >= 1, rows >= 0, columns >= 0, outerStride >= 0, innerStride >= 0, rowStride >= 0,
      offset >= 0
    else { return nil }
    guard areWithinSizeLimit(planes, rows), areWithinSizeLimit(planes * rows, columns) else { return nil }
    guard planes > 0, rows > 0, columns > 0 else { return 0 }
    var end = offset
    for (steps, stride) in [
      ((planes - 1) / innerPlanes, outerStride), (min(planes, innerPlanes) - 1, innerStride), (rows - 1, rowStride),
      (columns, 1),
    ] {
      let (distance, overflow) = steps.multipliedReportingOverflow(by: stride)
      let (next, tooFar) = end.addingReportingOverflow(distance)
      guard !overflow, !tooFar else { return nil }
      end = next
    }
    return end
  }

  /// Whether no two elements share a position, for one of the nestings in which planes are laid out in practice.
  /// False where `requiredCount` is nil.
  public var elementsAreApart: Bool {
    guard let requiredCount else { return false }
    guard requiredCount > 0 else { return true }
    // No distance overflows below: each is part of the required count.
    var reach = columns
    let outerPlanes = (planes - 1) / innerPlanes + 1
    for (count, stride) in [(rows, rowStride), (min(planes, innerPlanes), innerStride), (outerPlanes, outerStride)]
      .filter({ $0.0 > 1 }).sorted(by: { $0.1 < $1.1 })
    {
      guard stride >= reach else { return false }
      reach += (count - 1) * stride
    }
    return true
  }
}
