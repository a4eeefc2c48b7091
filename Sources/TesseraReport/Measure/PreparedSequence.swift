import Tessera

/// A sequence planned on a layer's memory: running it takes no working memory.
public final class PreparedSequence {
  public let sequence: LayerSequence

  private struct Call {
    var run: (OperandBuffers) throws(TesseraError) -> Void
    var operands: OperandBuffers
  }
  private let steps: [[Call]]

  public init(
    _ sequence: LayerSequence, on memory: LayerMemory, context: ExecutionContext
  ) throws(TesseraError) {
    self.sequence = sequence
    var steps: [[Call]] = []
    for step in sequence.steps {
      var (context, calls) = (context, [Call]())
      if let tuning = step.tuning {
        (context.instructionSet, context.products) = (tuning.instructionSet, tuning.products)
      }
      for call in step.calls {
        calls.append(Call(run: try Self.planned(call, context: context), operands: memory.operands(of: call)))
      }
      steps.append(calls)
    }
    self.steps = steps
  }

  /// The call as the catalog plans it, or the baseline, which has no line there.
  private static func planned(
    _ call: OperatorCall, context: ExecutionContext
  ) throws(TesseraError) -> (OperandBuffers) throws(TesseraError) -> Void {
    guard call.descriptor == .baselineLinear else {
      let prepared = try OperatorCatalog.entry(named: call.descriptor.name).prepare(call.request, context: context)
      return { operands throws(TesseraError) in try prepared.run(operands) }
    }
    let extents = call.request.extents
    let map = try BaselineLinear(
      rows: extents[.rows], columns: extents[.columns], depth: extents[.depth], context: context,
      library: OpenBLASLibrary.shared())
    return { operands throws(TesseraError) in
      map.run(
        input: UnsafeBufferPointer(operands["input"]!.bindMemory(to: Float.self)),
        weight: UnsafeBufferPointer(operands["weight"]!.bindMemory(to: Float.self)),
        output: operands["output"]!.bindMemory(to: Float.self))
    }
  }

  /// Runs every step in order.
  public func run() throws(TesseraError) {
    for index in steps.indices { try runStep(index) }
  }

  private func runStep(_ index: Int) throws(TesseraError) {
    for call in steps[index] { try call.run(call.operands) }
  }

  /// Runs every step in order; nanoseconds of each, and of the whole.
  func timedRun() throws(TesseraError) -> (steps: [Double], whole: Double) {
    var durations: [Double] = []
    durations.reserveCapacity(steps.count)
    let start = monotonicNanoseconds()
    var previous = start
    for index in steps.indices {
      try runStep(index)
      let now = monotonicNanoseconds()
      durations.append(Double(now - previous))
      previous = now
    }
    return (durations, Double(previous - start))
  }

  /// Runs every step in order, untimed, and reads from the context's ledger what each moved.
  func countedRun(_ ledger: Ledger) throws(TesseraError) -> [StepCost] {
    var costs: [StepCost] = []
    for (index, step) in sequence.steps.enumerated() {
      ledger.reset()
      try runStep(index)
      let moved = ledger.entries.values.reduce(into: Traffic()) { $0 += $1.traffic }
      costs.append(StepCost(step, moved: moved))
    }
    return costs
  }
}
