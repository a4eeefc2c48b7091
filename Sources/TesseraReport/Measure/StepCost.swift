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

  /// Sums over recorded calls, which drop nothing.
  init(_ calls: [Ledger.Call]) {
    floatingPointOperations = calls.reduce(0) { $0 + $1.floatingPointOperations }
    least = calls.reduce(into: Traffic()) { $0 += $1.least }
    moved = calls.reduce(into: Traffic()) { $0 += $1.traffic }
    isModelled = calls.contains { $0.descriptor.isTrafficModelled }
    dropoutDecisions = 0
  }

  /// The mean of so many, to whole operations and bytes.
  func mean(of count: Int) -> StepCost {
    func mean(_ sum: Int) -> Int { (sum + count / 2) / count }
    func mean(_ sum: Traffic) -> Traffic {
      Traffic(readBytes: mean(sum.readBytes), writtenBytes: mean(sum.writtenBytes), updates: mean(sum.updates))
    }
    var cost = self
    cost.floatingPointOperations = mean(floatingPointOperations)
    (cost.least, cost.moved) = (mean(least), mean(moved))
    cost.dropoutDecisions = mean(dropoutDecisions)
    return cost
  }
}
