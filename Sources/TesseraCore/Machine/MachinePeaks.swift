/// What a machine reached with a given number of threads: medians over rounds, from its best instruction set.
public struct MachinePeaks: Sendable {
  /// Fused multiply-adds of Float32 in registers, 2 operations each. In GFLOP/s.
  public let floatGflops: Double
  /// Keep decisions of the dropout generator, written as bytes that stay in level 2.
  public let dropoutDecisionsPerSecond: Double
  /// How many rounds the medians are over.
  public let rounds: Int
  /// How steady the cores were in those rounds.
  public let steadiness: MachineSteadiness
  private let plain: [BandwidthKind: Double]
  private let nonTemporal: [BandwidthKind: Double]

  init(
    floatGflops: Double, dropoutDecisionsPerSecond: Double, rounds: Int, steadiness: MachineSteadiness,
    plain: [BandwidthKind: Double], nonTemporal: [BandwidthKind: Double]
  ) {
    self.floatGflops = floatGflops
    self.dropoutDecisionsPerSecond = dropoutDecisionsPerSecond
    self.rounds = rounds
    self.steadiness = steadiness
    self.plain = plain
    self.nonTemporal = nonTemporal
  }

  /// B̂ of a mix: the faster of plain and non-temporal stores. Loads and stores count once each.
  public func gigabytesPerSecond(_ kind: BandwidthKind) -> Double {
    max(plain(kind), nonTemporal(kind) ?? 0)
  }

  /// With ordinary stores.
  public func plain(_ kind: BandwidthKind) -> Double { plain[kind]! }

  /// With stores that pass the caches by; nil for what stores nothing, and where the best variant has none.
  public func nonTemporal(_ kind: BandwidthKind) -> Double? { nonTemporal[kind] }
}
