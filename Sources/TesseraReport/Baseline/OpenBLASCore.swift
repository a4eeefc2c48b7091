import Tessera

/// A set of OpenBLAS's kernels, by the name that it gives the processors they are for.
package struct OpenBLASCore: Hashable, Sendable {
  package var name: String

  package init(_ name: String) { self.name = name }

  /// The one to ask for on a processor that has these instructions; nil where there is nothing better to ask for.
  package init?(for instructionSet: InstructionSet) {
    switch instructionSet {
    case .avx512: name = "SkylakeX"
    case .avx2: name = "Haswell"
    case .portable: return nil
    }
  }

  /// The best of our sets whose instructions its products use; nil for a name that is not known here.
  package var instructionSet: InstructionSet? {
    let name = name.lowercased()
    return Self.names.first { $0.value.contains(name) }?.key
  }

  /// Whether it is known to leave instructions unused that the processor has.
  package func isBelow(_ best: InstructionSet) -> Bool { instructionSet.map { $0 < best } ?? false }

  /// Lower case: a build for one processor writes its name in capitals. Bulldozer to Steamroller multiply and add in
  /// one instruction, but 128 bits at a time.
  private static let names: [InstructionSet: Set<String>] = [
    .avx512: ["skylakex", "cooperlake", "sapphirerapids"],
    .avx2: ["haswell", "zen", "excavator"],
    .portable: [
      "generic", "katmai", "coppermine", "northwood", "prescott", "banias", "atom", "core2", "penryn", "dunnington",
      "nehalem", "sandybridge", "athlon", "opteron", "opteron_sse3", "barcelona", "bobcat", "bulldozer", "piledriver",
      "steamroller", "nano",
    ],
  ]
}

extension OpenBLASCore {
  /// What is to be done about the kernels that OpenBLAS took.
  package enum Decision: Hashable, Sendable {
    case keep
    /// Make it choose again, this core.
    case choose(OpenBLASCore)
    /// Leave it, because the user asked for it, and say so.
    case warn
  }

  /// `forced`: what OPENBLAS_CORETYPE holds, which OpenBLAS obeys where it knows the name.
  package func decision(best: InstructionSet, forced: String?) -> Decision {
    guard isBelow(best), let core = OpenBLASCore(for: best) else { return .keep }
    return forced == nil ? .choose(core) : .warn
  }
}
