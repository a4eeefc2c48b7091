import Tessera

/// Which kernels an OpenBLAS runs, and how it came to them.
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

  /// What a line of facts says.
  var text: String { core + (replacedCore.map { ", chosen again instead of \($0)" } ?? "") }
}

extension OpenBLASCore {
  /// `reason`: why OpenBLAS runs this core's all the same.
  package func warning(best: InstructionSet, reason: String) -> String {
    "OpenBLAS runs \(name) kernels on a processor that has \(best.rawValue): \(reason). Its products, in a report "
      + "those of the unfused sequence, take up to ten times as long as they need, and every ratio to them is wrong by "
      + "as much."
  }
}
