import Tessera

extension MachineSteadiness {
  /// What reports and `tessera machine` say of the cores, after the word itself.
  var text: String {
    let loaded = Number.fixed(loadedGflops, 1)
    let loads = "\(Number.fixed(percent, 1)) %; multiply-adds that load: \(loaded) GFLOP/s at best; "
    guard isDisturbed else { return loads + "no round of \(rounds) disturbed" }
    return loads
      + "DISTURBED in \(disturbedRounds) of \(counted(rounds, "round")): someone else used the cores meanwhile"
  }

  /// Whether any round was.
  var isDisturbed: Bool { disturbedRounds > 0 }
}
