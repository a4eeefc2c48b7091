import Tessera

/// Times one operator alone, between measurements of the peaks that its figures are divided by.
public struct OperatorBench {
  private let problem: BenchProblem
  private let context: ExecutionContext
  private let measurement: MachineMeasurement?
  private let roundsPerSample: Int
  private let coldByteCount: Int

  /// The context's own ledger is left alone. `measurement` is one with the context's pool, made for this run where it
  /// is left out; either way it gets `roundsPerSample` rounds before, between and after the timed calls. Cold calls find
  /// that `coldByteCount` bytes have been touched since the last one with the same operands; fewer are for tests.
  public init(
    _ problem: BenchProblem, context: ExecutionContext, measurement: MachineMeasurement? = nil,
    roundsPerSample: Int = 4, coldByteCount: Int = CacheSizes.currentColdByteCount
  ) {
    self.problem = problem
    self.context = context
    self.measurement = measurement
    self.roundsPerSample = roundsPerSample
    self.coldByteCount = coldByteCount
  }

  /// `progress` is told what comes next, at most every half second while calls are timed.
  /// Throws where the call cannot be planned or its operands do not fit in memory.
  public func run(progress: (String) -> Void = { _ in }) throws(TesseraError) -> BenchResult {
    let ledger = Ledger()
    var context = context
    context.ledger = ledger
    // Planned first: what is wrong with the extents shows before anything is allocated for them.
    let call = try problem.entry.prepare(problem.request, context: context)
    progress("operands")
    let operands = try RotatingOperands(problem, coldByteCount: coldByteCount, pool: context.pool)
    progress("peaks")
    let machine = if let measurement { measurement } else { try MachineMeasurement(pool: context.pool) }

    for _ in 0..<operands.setCount { try call.arrange(operands.take()) }
    var microseconds: [Double] = []
    let half = problem.runs / 2
    var shown = monotonicNanoseconds()
    for runs in [half, problem.runs - half] {
      machine.sample(rounds: roundsPerSample)
      // Not counted: the first call after something else finds sleeping threads and cold translations.
      for _ in 0..<Self.warmUpRuns { try call.runArranged(operands.take()) }
      for _ in 0..<runs {
        if monotonicNanoseconds() - shown > Self.progressNanoseconds {
          progress("call \(microseconds.count + 1) of \(problem.runs)")
          shown = monotonicNanoseconds()
        }
        let buffers = operands.take()
        let start = monotonicNanoseconds()
        try call.runArranged(buffers)
        microseconds.append(Double(monotonicNanoseconds() - start) / 1e3)
      }
    }
    machine.sample(rounds: roundsPerSample)
    return BenchResult(
      problem, times: RunStatistics(microseconds), entry: ledger.entries[problem.descriptor.name]!,
      peaks: machine.peaks, context: context, workspaceBytes: call.workspaceBytes, operandSets: operands.setCount)
  }

  private static let warmUpRuns = 3
  private static let progressNanoseconds = 500_000_000
}
