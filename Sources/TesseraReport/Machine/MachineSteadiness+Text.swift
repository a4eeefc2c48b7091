import Foundation
import Tessera

extension MachineSteadiness {
  /// What reports and `tessera machine` say of the cores, after the word itself.
  var text: String {
    let loads = String(format: "%.1f %%; multiply-adds that load: %.1f GFLOP/s at best; ", percent, loadedGflops)
    guard isDisturbed else { return loads + "no round of \(rounds) disturbed" }
    return loads + "DISTURBED in \(disturbedRounds) of \(rounds) rounds: someone else used the cores meanwhile"
  }

  /// Whether any round was.
  var isDisturbed: Bool { disturbedRounds > 0 }
}
