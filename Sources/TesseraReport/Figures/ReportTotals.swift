/// Sums over the table for one fused sequence beside the unfused one. A row without a fused kernel in that sequence
/// counts with its unfused figures in the fused sums.
public struct ReportTotals: Encodable, Hashable, Sendable {
  public let unfusedMicroseconds: Double
  public let fusedMicroseconds: Double
  public let speedup: Double
  /// Q.
  public let unfusedLeastBytes: Int
  public let fusedLeastBytes: Int
  /// D.
  public let unfusedBytes: Int
  public let fusedBytes: Int
  /// What of them was taken as Q because it could not be counted.
  public let unfusedModelledBytes: Int
  public let fusedModelledBytes: Int
  /// D with Q in place of the linear maps', as the unfused sequence's are: what fusion alone leaves.
  public let fusedBytesLinearAsLeast: Int

  init(unfused: [Contribution], fused: [Contribution]) {
    unfusedMicroseconds = unfused.reduce(0) { $0 + $1.microseconds }
    fusedMicroseconds = fused.reduce(0) { $0 + $1.microseconds }
    speedup = unfusedMicroseconds / fusedMicroseconds
    unfusedLeastBytes = unfused.reduce(0) { $0 + $1.leastBytes }
    fusedLeastBytes = fused.reduce(0) { $0 + $1.leastBytes }
    unfusedBytes = unfused.reduce(0) { $0 + $1.bytes }
    fusedBytes = fused.reduce(0) { $0 + $1.bytes }
    unfusedModelledBytes = unfused.reduce(0) { $0 + $1.modelledBytes }
    fusedModelledBytes = fused.reduce(0) { $0 + $1.modelledBytes }
    fusedBytesLinearAsLeast = fused.reduce(0) { $0 + $1.bytesLinearAsLeast }
  }
}

/// A fused sequence and the unfused one from the first step's start to the last one's end.
public struct EndToEnd: Encodable, Hashable, Sendable {
  public let unfusedMicroseconds: Double
  public let unfusedSpread: Double
  public let fusedMicroseconds: Double
  public let fusedSpread: Double
  public let speedup: Double
  /// The fused sequence's time over that of the paper's kernels: the median over rounds of the two times of a round.
  /// nil for the paper's first sequence, and where none ran.
  public let paperRatio: Double?

  init(unfused: RunStatistics, fused: RunStatistics, paperRatio: Double?) {
    unfusedMicroseconds = max(1, unfused.median) / 1000
    unfusedSpread = unfused.spread
    fusedMicroseconds = max(1, fused.median) / 1000
    fusedSpread = fused.spread
    speedup = unfusedMicroseconds / fusedMicroseconds
    self.paperRatio = paperRatio
  }
}
