import CTesseraKernels

/// A set of instructions that kernel variants are written for, slowest first.
public enum InstructionSet: String, CaseIterable, Comparable, Codable, Sendable {
  /// SIMD Swift compiled for the platform's baseline (SSE2 on x86-64, NEON with FMA on arm64).
  case portable
  /// AVX2 with FMA and F16C.
  case avx2
  /// AVX-512 F, BW, VL and DQ.
  case avx512

  public static func < (left: Self, right: Self) -> Bool {
    allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
  }

  /// Whether this processor and its operating system run it.
  public var isAvailable: Bool {
    switch self {
    case .portable: true
    case .avx2: tsr_machine_has_avx2()
    case .avx512: tsr_machine_has_avx512()
    }
  }

  /// What this machine runs, slowest first.
  public static let available = allCases.filter(\.isAvailable)

  /// The best that this machine runs.
  public static let best = available.max()!

  /// The set of this name; throws for one that is unknown or that this machine cannot run.
  public static func named(_ name: String) throws(TesseraError) -> InstructionSet {
    guard let set = InstructionSet(rawValue: name.lowercased()), set.isAvailable else {
      throw .unavailable(what: "instruction set", name: name, available: available.map(\.rawValue))
    }
    return set
  }
}
