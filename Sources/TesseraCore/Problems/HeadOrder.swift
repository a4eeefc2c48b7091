/// Whether the heads of a token, or the tokens of a head, lie beside each other.
public enum HeadOrder: String, CaseIterable, Sendable {
  /// [B, H, L, D]
  case headsFirst
  /// [B, L, H, D]
  case rowsFirst
}

extension BatchedMatrixLayout {
  /// batch · heads planes of rows × columns without gaps.
  public init(batch: Int, heads: Int, rows: Int, columns: Int, order: HeadOrder) {
    // Extents are checked when the layout is used; until then a product may wrap.
    let (row, plane) = (columns &* heads, rows &* columns)
    switch order {
    case .headsFirst:
      self.init(
        planes: batch &* heads, innerPlanes: max(1, heads), rows: rows, columns: columns,
        outerStride: plane &* heads, innerStride: plane, rowStride: columns)
    case .rowsFirst:
      self.init(
        planes: batch &* heads, innerPlanes: max(1, heads), rows: rows, columns: columns,
        outerStride: rows &* row, innerStride: columns, rowStride: row)
    }
  }
}
