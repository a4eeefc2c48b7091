import Tessera

/// What `tessera bench rotary-embedding` takes besides extents.
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

  func configure(_ request: inout OperatorRequest) {
    (request.rotary.pairing, request.rotary.rotatedColumns) = (pairing, rotatedColumns)
    guard inTokenRows else { return }
    let (heads, columns) = (request.extents[.planes], request.extents[.columns])
    let layout = BatchedMatrixLayout(
      planes: heads, innerPlanes: heads, rows: request.extents[.rows], columns: columns, outerStride: 0,
      innerStride: columns, rowStride: heads.multipliedReportingOverflow(by: columns).partialValue)
    request.batchedLayouts = ["input": layout, "output": layout]
  }
}
