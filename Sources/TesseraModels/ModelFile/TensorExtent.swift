import TesseraCore

/// Checks that both formats make of what a file says about its tensors.
enum TensorExtent {
  /// The number of elements of a shape; nil where it, or the product of the extents that are not 0, does not fit.
  static func elementCount(_ shape: [Int]) -> Int? {
    var product = 1
    for extent in shape where extent != 0 {
      let (value, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      product = value
    }
    return shape.contains(0) ? 0 : product
  }

  /// The bytes of a tensor; nil where its rows are no whole blocks, or a row (of none, too) or all of it does not fit.
  static func byteCount(_ shape: [Int], of type: ElementType) -> Int? {
    guard type.checkedByteCount(ofElements: shape.last ?? 1) != nil else { return nil }
    return elementCount(shape).flatMap(type.checkedByteCount)
  }

  /// In the order in which the tensors lie; empty ones before what begins where they do.
  static func sort(_ ranges: inout [Range<Int>]) {
    ranges.sort { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
  }
}
