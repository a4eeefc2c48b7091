import Tessera

/// A row of the tables: one unfused operator, or the few that the paper counts as one.
public struct LayerRow: Sendable {
  /// The id that the paper's table has in this package.
  public let id: String
  public let name: String
  /// Forward or backward.
  public let pass: LayerPass
  public let operatorClass: OperatorClass
  /// Run in this order.
  public let calls: [OperatorCall]
  /// Elements read that the row does not itself write, without row statistics.
  public let inputElements: Int
  /// Elements written, masks and saved results among them; without intermediates and row statistics.
  public let outputElements: Int

  /// The row's class is the highest among its operators.
  init(
    _ id: String, _ name: String, _ calls: [OperatorCall], intermediates: Set<String> = [],
    pass: LayerPass = .forward
  ) {
    self.id = id
    self.name = name
    self.pass = pass
    self.calls = calls
    operatorClass = calls.map(\.descriptor.operatorClass).max()!
    let written = Set(calls.flatMap { call in call.writes.map { call.tensors[$0.name]! } })
    inputElements = calls.reduce(0) { sum, call in
      call.reads.reduce(sum) { sum, operand in
        operand.role == .rowStatistic || written.contains(call.tensors[operand.name]!)
          ? sum : sum + operand.elementCount(call.request.extents)
      }
    }
    outputElements = calls.reduce(0) { sum, call in
      call.writes.reduce(sum) { sum, operand in
        operand.role == .rowStatistic || intermediates.contains(call.tensors[operand.name]!)
          ? sum : sum + operand.elementCount(call.request.extents)
      }
    }
  }

  public var floatingPointOperations: Int { calls.reduce(0) { $0 + $1.floatingPointOperations } }
}
