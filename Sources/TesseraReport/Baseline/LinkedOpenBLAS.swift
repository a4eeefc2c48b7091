import Foundation
import Tessera

/// The OpenBLAS that the library still links, for as long as it does: it, too, chooses again where it chose wrongly.
public enum LinkedOpenBLAS {
  /// Before anything runs in it.
  public static func chooseAgain() {
    let forced = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"].flatMap { $0.isEmpty ? nil : $0 }
    guard case .choose(let core) = OpenBLASCore(OpenBLAS.coreName).decision(best: .best, forced: forced) else { return }
    OpenBLAS.chooseAgain(core.name)
  }
}
