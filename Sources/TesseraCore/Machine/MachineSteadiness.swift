/// How steady the cores were while a machine was measured, from slices of about a millisecond of multiply-adds with
/// loads from the first level.
///
/// A neighbour on the same core, or a thread that took the processor away, shows as slices below the best ones.
public struct MachineSteadiness: Hashable, Codable, Sendable {
  /// The mean of the slices' rates, of the best one's rate. In per cent; a core that nobody else used has 95 and more.
  public let percent: Double
  /// Rounds of slices.
  public let rounds: Int
  /// Rounds in which half of the slices or more were below four fifths of the best one's rate.
  public let disturbedRounds: Int
  /// The best slices' rate times the threads. In GFLOP/s; a neighbour for the whole time lowers it with the rest,
  /// against the FMA peak, which it lowers less.
  public let loadedGflops: Double

  /// `slices` holds the rates of each round in GFLOP/s of one thread. The best is that which one slice in twenty
  /// exceeds, so that a clock that was read late decides nothing.
  package init(slices: [[Double]], threads: Int) {
    let all = slices.joined().sorted()
    guard let greatest = all.last, greatest > 0 else {
      (percent, rounds, disturbedRounds, loadedGflops) = (0, slices.count, slices.count, 0)
      return
    }
    let best = all[all.count - 1 - all.count / 20]
    percent = 100 * all.reduce(0) { $0 + min(1, $1 / best) } / Double(all.count)
    rounds = slices.count
    disturbedRounds = slices.count { round in
      2 * round.count { $0 < 0.8 * best } >= round.count
    }
    loadedGflops = best * Double(threads)
  }
}
