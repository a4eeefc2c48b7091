import Tessera

extension OperatorRequest {
  /// Lays heads beside each other in token rows, rather than one after the other: of rotary embedding the planes are a
  /// sequence's heads, of cache-append keys and values have heads of their own.
  public mutating func placeHeadsInTokenRows(of descriptor: OperatorDescriptor) {
    let extents = extents
    if descriptor.extents.contains(.planes) {
      let layout = BatchedMatrixLayout(
        batch: 1, heads: extents[.planes], rows: extents[.rows], columns: extents[.columns], order: .rowsFirst)
      batchedLayouts = ["input": layout, "output": layout]
    } else {
      func layout(_ columns: Extent) -> BatchedMatrixLayout {
        BatchedMatrixLayout(
          batch: extents[.batch], heads: extents[.keyValueHeads], rows: extents[.queryLength],
          columns: extents[columns], order: .rowsFirst)
      }
      batchedLayouts = ["keys": layout(.headDimension), "values": layout(.valueDimension)]
    }
  }
}
