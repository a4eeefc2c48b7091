import Tessera

/// A sequence planned on a layer's memory: running it takes no working memory.
public final class PreparedSequence {
  public let sequence: LayerSequence

  private struct Call {
    var run: (OperandBuffers) throws(TesseraError) -> Void
    var operands: OperandBuffers
  }
  private let steps: [[Call]]
  private let preparation: [[Call]]

  public init(
    _ sequence: LayerSequence, on memory: LayerMemory, context: ExecutionContext
  ) throws(TesseraError) {
    self.sequence = sequence
    steps = try Self.planned(sequence.steps, on: memory, context: context)
    preparation = try Self.planned(sequence.preparation, on: memory, context: context)
  }

  private static func planned(
    _ steps: [LayerStep], on memory: LayerMemory, context: ExecutionContext
  ) throws(TesseraError) -> [[Call]] {
    var planned: [[Call]] = []
    for step in steps {
      var (context, calls) = (context, [Call]())
      if let tuning = step.tuning {
        (context.instructionSet, context.products) = (tuning.instructionSet, tuning.products)
      }
      for call in step.calls {
        calls.append(Call(run: try self.planned(call, context: context), operands: memory.operands(of: call)))
      }
      planned.append(calls)
    }
    return planned
  }

  /// The call as the catalog plans it, or the baseline, which has no line there.
  private static func planned(
    _ call: OperatorCall, context: ExecutionContext
  ) throws(TesseraError) -> (OperandBuffers) throws(TesseraError) -> Void {
    if let baseline = try BaselineCall.planned(call, context: context) { return baseline }
    let prepared = try OperatorCatalog.entry(named: call.descriptor.name).prepare(call.request, context: context)
    return { operands throws(TesseraError) in try prepared.run(operands) }
  }

  /// Runs every step in order, after what they need.
  public func run() throws(TesseraError) {
    try prepare()
    for index in steps.indices { try runStep(index) }
  }

  private func prepare() throws(TesseraError) {
    for calls in preparation {
      for call in calls { try call.run(call.operands) }
    }
  }

  private func runStep(_ index: Int) throws(TesseraError) {
    for call in steps[index] { try call.run(call.operands) }
  }

  /// Runs every step in order; nanoseconds of each, and of the whole.
  func timedRun() throws(TesseraError) -> (steps: [Double], whole: Double) {
    var durations: [Double] = []
    durations.reserveCapacity(steps.count)
    try prepare()
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
    try prepare()
    for (index, step) in sequence.steps.enumerated() {
      ledger.reset()
      try runStep(index)
      let moved = ledger.entries.values.reduce(into: Traffic()) { $0 += $1.traffic }
      costs.append(StepCost(step, moved: moved))
    }
    return costs
  }
}
