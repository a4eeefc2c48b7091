import Tessera

/// What the tables say of one step.
public struct KernelFigures: Encodable, Hashable, Sendable {
  /// Median over the runs.
  public var microseconds: Double
  /// (maximum − minimum) / median.
  public var spread: Double
  /// FLOP/s over the FMA peak, in per cent.
  public var percentOfPeak: Double
  /// Q / (t · B̂), in per cent; the product of the next two times 100.
  public var mue: Double
  /// Q / D.
  public var dataRatio: Double
  /// B / B̂, B = D / t.
  public var bandwidthRatio: Double
  /// Which mix of traffic B̂ is for.
  public var bandwidthKind: BandwidthKind
  /// D.
  public var bytes: Int
  /// Q.
  public var leastBytes: Int
  /// Whether some of D was taken as Q.
  public var modelled: Bool
  /// Of □ and ○ rows: the larger of Q / B̂ and of the draws over the generator's measured rate.
  public var boundMicroseconds: Double?
  /// Of fused kernels: unfused time of the rows that it covers over its own.
  public var speedup: Double?

  init(_ cost: StepCost, _ time: RunStatistics, _ peaks: MachinePeaks) {
    // A clock that did not move between two readings would make figures infinite.
    let nanoseconds = max(1, time.median)
    let kind = cost.bandwidthKind
    let best = peaks.gigabytesPerSecond(kind)
    microseconds = nanoseconds / 1000
    spread = time.spread
    // FLOPs a nanosecond are GFLOP/s, bytes a nanosecond GB/s.
    percentOfPeak = Double(cost.floatingPointOperations) / nanoseconds / peaks.floatGflops * 100
    mue = Double(cost.least.byteCount) / nanoseconds / best * 100
    dataRatio = Double(cost.least.byteCount) / Double(max(1, cost.moved.byteCount))
    bandwidthRatio = Double(cost.moved.byteCount) / nanoseconds / best
    bandwidthKind = kind
    bytes = cost.moved.byteCount
    leastBytes = cost.least.byteCount
    modelled = cost.isModelled
  }

  /// What bounds the kernel: the larger of the two shares is set bold.
  public var isComputeBound: Bool { percentOfPeak >= mue }
}
