import Tessera

/// Times of both sequences on this machine, with the machine's peaks from the same minutes.
public struct LayerMeasurement: Sendable {
  /// One sequence's costs and times.
  public struct Sequence: Sendable {
    public let steps: [LayerStep]
    public let costs: [StepCost]
    /// Nanoseconds of each step over the runs.
    public let times: [RunStatistics]
    /// Nanoseconds from the first step's start to the last one's end.
    public let endToEnd: RunStatistics
  }

  public let layer: LayerTable
  public let runs: Int
  public let threads: Int
  public let instructionSet: InstructionSet
  public let fastMemoryBytes: Int
  public let peaks: MachinePeaks
  public let unfused: Sequence
  public let fused: Sequence
  public let ledger: LedgerCost

  /// Runs the two sequences in turn, `runs` times each after a counted but untimed run of both, so that slow minutes of
  /// a shared machine fall on both alike. The machine's peaks are sampled before, after each pair of runs and at the end,
  /// so that slow minutes fall on them too.
  public init(
    _ layer: LayerTable, runs: Int, context: ExecutionContext, progress: (String) -> Void = { _ in }
  ) throws(TesseraError) {
    guard runs >= 1 else {
      throw .invalidOperand(operation: "report", operand: "runs", expected: "1 or more", actual: "\(runs)")
    }
    let ledger = Ledger()
    var context = context
    context.ledger = ledger
    progress("allocating \((layer.byteCount + (1 << 20) - 1) >> 20) MiB")
    let memory = try LayerMemory(layer)
    var unfused = Samples(try PreparedSequence(layer.unfused, on: memory, context: context))
    var fused = Samples(try PreparedSequence(layer.fused, on: memory, context: context))

    progress("measuring the machine")
    let machine = try MachineMeasurement(pool: context.pool)
    machine.sample()
    progress("warming up")
    try unfused.count(ledger)
    try fused.count(ledger)
    for run in 1...runs {
      progress("run \(run) of \(runs)")
      try unfused.time()
      try fused.time()
      machine.sample(rounds: 1)
    }
    machine.sample()

    self.layer = layer
    self.runs = runs
    threads = context.pool.threadCount
    instructionSet = context.instructionSet
    fastMemoryBytes = context.fastMemoryBytes
    peaks = machine.peaks
    self.unfused = unfused.result
    self.fused = fused.result
    self.ledger = LedgerCost(
      updates: self.unfused.costs.reduce(0) { $0 + $1.moved.updates },
      records: self.unfused.steps.reduce(0) { $0 + $1.calls.count }, runNanoseconds: self.unfused.endToEnd.median)
  }

  /// One sequence while it is being measured.
  private struct Samples {
    let prepared: PreparedSequence
    var costs: [StepCost] = []
    var steps: [[Double]]
    var whole: [Double] = []

    init(_ prepared: PreparedSequence) {
      self.prepared = prepared
      steps = prepared.sequence.steps.map { _ in [] }
    }

    mutating func count(_ ledger: Ledger) throws(TesseraError) { costs = try prepared.countedRun(ledger) }

    mutating func time() throws(TesseraError) {
      let times = try prepared.timedRun()
      for (index, time) in times.steps.enumerated() { steps[index].append(time) }
      whole.append(times.whole)
    }

    var result: Sequence {
      Sequence(
        steps: prepared.sequence.steps, costs: costs, times: steps.map { RunStatistics($0) },
        endToEnd: RunStatistics(whole))
    }
  }
}
