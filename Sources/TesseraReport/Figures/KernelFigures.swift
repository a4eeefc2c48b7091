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
  /// The larger of Q / B̂ and, for □ and ○ rows, of the draws over the generator's measured rate. For all rows of a
  /// decoder: the larger of Q / B̂ and of the FLOPs over the FMA peak.
  public var boundMicroseconds: Double?
  /// A fused kernel's speed-up: unfused time of the rows that it covers over its own.
  public var speedup: Double?

  /// `isBounded`: whether a bound is stated.
  init(_ cost: StepCost, _ time: RunStatistics, _ peaks: MachinePeaks, isBounded: Bool = false) {
    let efficiency = Efficiency(
      nanoseconds: time.median, floatingPointOperations: cost.floatingPointOperations, least: cost.least,
      movedBytes: cost.moved.byteCount, dropoutDecisions: cost.dropoutDecisions, peaks: peaks)
    microseconds = max(1, time.median) / 1000
    spread = time.spread
    percentOfPeak = efficiency.percentOfPeak
    mue = efficiency.mue
    dataRatio = efficiency.dataRatio
    bandwidthRatio = efficiency.bandwidthRatio
    bandwidthKind = efficiency.bandwidthKind
    bytes = cost.moved.byteCount
    leastBytes = cost.least.byteCount
    modelled = cost.isModelled
    boundMicroseconds = isBounded ? efficiency.boundMicroseconds : nil
  }

  /// What bounds the kernel: the larger of the two shares is set bold.
  public var isComputeBound: Bool { percentOfPeak >= mue }
}
