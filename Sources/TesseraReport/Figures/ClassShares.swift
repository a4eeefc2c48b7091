import Tessera

/// A line of Table 1 for one sequence: one class's share of FLOPs and of run time.
///
/// FLOPs stay in the class of the rows that they come from; a fused kernel's time counts in the highest class of what
/// it fuses. Each column adds up to 100.00 (`percentages(of:)`).
public struct ClassShares: Hashable, Sendable {
  public let operatorClass: OperatorClass
  public let flopPercent: Double
  public let runtimePercent: Double
  /// What the share is of.
  public let microseconds: Double

  /// One line for each class, highest first.
  static func all(_ rows: [LayerRow], _ contributions: [Contribution]) -> [ClassShares] {
    all(rows, times: contributions.map { ($0.operatorClass, $0.microseconds) })
  }

  /// `times`: of what ran, each with the class that it counts in.
  static func all(_ rows: [LayerRow], times: [(operatorClass: OperatorClass, microseconds: Double)]) -> [ClassShares] {
    let classes = OperatorClass.allCases
    let flops = percentages(
      of: classes.map { wanted in
        rows.reduce(0) { $0 + ($1.operatorClass == wanted ? Double($1.floatingPointOperations) : 0) }
      })
    let sums = classes.map { wanted in
      times.reduce(0) { $0 + ($1.operatorClass == wanted ? $1.microseconds : 0) }
    }
    let shares = percentages(of: sums)
    return classes.indices.map { index in
      ClassShares(
        operatorClass: classes[index], flopPercent: flops[index], runtimePercent: shares[index],
        microseconds: sums[index])
    }
  }
}
