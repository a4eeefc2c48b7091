import Tessera

/// A variant that an operator is verified in.
public struct VerifiedVariant: Hashable, Sendable {
  public let name: String
  /// What the call's context asks for.
  public let instructionSet: InstructionSet

  /// Why this machine cannot run it; nil where it can.
  public var reasonToSkip: String? {
    instructionSet.isAvailable ? nil : "this machine does not have \(instructionSet.rawValue)"
  }

  /// Every name that a variant of some operator of this build has.
  public static var names: [String] {
    var names: [String] = []
    for name in OperatorCatalog.entries.flatMap(\.verifiedVariants).map(\.name) where !names.contains(name) {
      names.append(name)
    }
    return names
  }
}

extension OperatorEntry {
  /// Its variants in this build, whether this machine has them or not.
  public var verifiedVariants: [VerifiedVariant] {
    variants.map { VerifiedVariant(name: $0.rawValue, instructionSet: $0) }
  }
}
