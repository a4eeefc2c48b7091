/// Two ways of the same call, timed in pairs.
public struct PairedTimes: Codable, Hashable, Sendable {
  public var tiledMicroseconds: Double
  public var materialisedMicroseconds: Double
  /// Median over the pairs of tiled / materialised: pairs are neighbours in time, so that slow minutes of a shared
  /// machine fall on both.
  public var medianRatio: Double
  public var pairs: Int

  /// Takes at least one pair, in microseconds.
  package init(tiled: [Double], materialised: [Double]) {
    tiledMicroseconds = RunStatistics(tiled).median
    materialisedMicroseconds = RunStatistics(materialised).median
    medianRatio = RunStatistics(zip(tiled, materialised).map { $0 / max($1, 1e-3) }).median
    pairs = tiled.count
  }

  /// Whether tiled is slower by more than 5 %, and by more than 2 µs: less is a matter of starting threads.
  public var isSlower: Bool { (medianRatio - 1) * materialisedMicroseconds > max(0.05 * materialisedMicroseconds, 2) }
}
