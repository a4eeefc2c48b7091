import Tessera

/// What a step computes and moves, whatever time it takes.
public struct StepCost: Hashable, Sendable {
  public var floatingPointOperations: Int
  /// Q, in its two parts.
  public var least: Traffic
  /// D, as the ledger counted it in one run.
  public var moved: Traffic
  /// Whether some of D was taken as Q.
  public var isModelled: Bool
  /// Decisions that its dropouts draw.
  public var dropoutDecisions: Int

  /// Sums over the step's operators. `moved` is what the ledger holds after this step alone.
  init(_ step: LayerStep, moved: Traffic) {
    floatingPointOperations = step.calls.reduce(0) { $0 + $1.floatingPointOperations }
    least = step.calls.reduce(into: Traffic()) { $0 += $1.leastTraffic }
    self.moved = moved
    isModelled = step.calls.contains { $0.descriptor.isTrafficModelled }
    dropoutDecisions = step.calls.reduce(0) { $0 + $1.dropoutDecisions }
  }
}
