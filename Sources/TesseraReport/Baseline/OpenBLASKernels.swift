import Foundation
import Synchronization
import Tessera

/// Which kernels the process's OpenBLAS runs, and how it came to them.
public struct OpenBLASKernels: Hashable, Sendable {
  /// The core that they are for.
  public var core: String
  /// The core that OpenBLAS took by itself, where it was made to choose again.
  public var replacedCore: String?
  /// What a reader of figures must know: kernels below what the processor has.
  public var warning: String?

  package init(core: String, replacedCore: String? = nil, warning: String? = nil) {
    (self.core, self.replacedCore, self.warning) = (core, replacedCore, warning)
  }

  private static let variable = "OPENBLAS_CORETYPE"
  private static let chosen = Mutex<OpenBLASKernels?>(nil)

  /// As `chooseAgain` left them; OpenBLAS's own where it was not called.
  public static var current: OpenBLASKernels { chosen.withLock { $0 } ?? OpenBLASKernels(core: OpenBLAS.coreName) }

  /// Makes OpenBLAS choose again where it took kernels below what the processor has, unless the user forces them. Once,
  /// and before anything runs in OpenBLAS.
  public static func chooseAgain() {
    chosen.withLock { chosen in
      guard chosen == nil else { return }
      let forced = ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
      var kernels = OpenBLASKernels(core: OpenBLAS.coreName)
      let own = OpenBLASCore(kernels.core)
      switch own.decision(best: .best, forced: forced) {
      case .keep: break
      case .choose(let core):
        OpenBLAS.chooseAgain(core.name)
        kernels.core = OpenBLAS.coreName
        if OpenBLASCore(kernels.core).isBelow(.best) {
          kernels.warning = own.warning(best: .best, reason: "it could not be made to choose again")
        } else {
          kernels.replacedCore = own.name
        }
      case .warn: kernels.warning = own.warning(best: .best, reason: "\(variable)=\(forced!) asks for them")
      }
      chosen = kernels
    }
  }

  /// In a line of facts.
  var text: String { core + (replacedCore.map { ", chosen again instead of \($0)" } ?? "") }
}

extension OpenBLASCore {
  package func warning(best: InstructionSet, reason: String) -> String {
    "OpenBLAS runs \(name) kernels on a processor that has \(best.rawValue): \(reason). Linear maps take several times as "
      + "long as they need, and every figure and ratio made of them is wrong by as much."
  }
}
