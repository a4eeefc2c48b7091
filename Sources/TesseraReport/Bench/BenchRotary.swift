import Tessera

/// What `tessera bench` of rotary embedding and of cache-append takes besides extents.
public struct BenchRotary: Sendable {
  public var pairing: RotaryPairing
  /// nil: all columns of a head, but for the last of an odd number.
  public var rotatedColumns: Int?
  /// Whether heads lie beside each other in token rows, rather than one after the other.
  public var inTokenRows: Bool

  public init(pairing: RotaryPairing = .interleaved, rotatedColumns: Int? = nil, inTokenRows: Bool = false) {
    self.pairing = pairing
    self.rotatedColumns = rotatedColumns
    self.inTokenRows = inTokenRows
  }

  /// Where heads lie beside each other, those of a sequence are the planes of rotary embedding.
  func configure(_ request: inout OperatorRequest, of descriptor: OperatorDescriptor) {
    (request.rotary.pairing, request.rotary.rotatedColumns) = (pairing, rotatedColumns)
    guard inTokenRows else { return }
    let extents = request.extents
    if descriptor.extents.contains(.planes) {
      let layout = Self.tokenRows(
        heads: extents[.planes], rows: extents[.rows], columns: extents[.columns])
      request.batchedLayouts = ["input": layout, "output": layout]
    } else {
      func layout(_ columns: Extent) -> BatchedMatrixLayout {
        Self.tokenRows(
          batch: extents[.batch], heads: extents[.keyValueHeads], rows: extents[.queryLength],
          columns: extents[columns])
      }
      request.batchedLayouts = ["keys": layout(.headDimension), "values": layout(.valueDimension)]
    }
  }

  /// What is too large is found when the call is planned.
  private static func tokenRows(batch: Int = 1, heads: Int, rows: Int, columns: Int) -> BatchedMatrixLayout {
    let rowStride = heads &* columns
    return BatchedMatrixLayout(
      planes: batch &* heads, innerPlanes: heads, rows: rows, columns: columns, outerStride: rows &* rowStride,
      innerStride: columns, rowStride: rowStride)
  }
}
