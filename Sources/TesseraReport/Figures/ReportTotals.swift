/// Sums over the table. A row without a fused kernel counts with its unfused figures in the fused sums.
public struct ReportTotals: Encodable, Hashable, Sendable {
  public let unfusedMicroseconds: Double
  public let fusedMicroseconds: Double
  public let speedup: Double
  /// D.
  public let unfusedBytes: Int
  public let fusedBytes: Int

  init(_ rows: [ReportRow], _ fused: [Contribution]) {
    unfusedMicroseconds = rows.reduce(0) { $0 + $1.unfused.microseconds }
    fusedMicroseconds = fused.reduce(0) { $0 + $1.microseconds }
    speedup = unfusedMicroseconds / fusedMicroseconds
    unfusedBytes = rows.reduce(0) { $0 + $1.unfused.bytes }
    fusedBytes = fused.reduce(0) { $0 + $1.bytes }
  }
}

/// Both sequences from the first step's start to the last one's end.
public struct EndToEnd: Encodable, Hashable, Sendable {
  public let unfusedMicroseconds: Double
  public let unfusedSpread: Double
  public let fusedMicroseconds: Double
  public let fusedSpread: Double
  public let speedup: Double

  init(_ measurement: LayerMeasurement) {
    let (unfused, fused) = (measurement.unfused.endToEnd, measurement.fused.endToEnd)
    unfusedMicroseconds = max(1, unfused.median) / 1000
    unfusedSpread = unfused.spread
    fusedMicroseconds = max(1, fused.median) / 1000
    fusedSpread = fused.spread
    speedup = unfusedMicroseconds / fusedMicroseconds
  }
}
