import Tessera

/// Times the calls of an operator's training step, between measurements of the peaks that its figures are divided by.
public struct PassBench {
  private let problem: PassProblem
  private let context: ExecutionContext
  private let measurement: MachineMeasurement?
  private let coldByteCount: Int

  /// As of `OperatorBench`: the context's own ledger is left alone, `measurement` is one with its pool, and cold calls
  /// find that `coldByteCount` bytes have been touched since the last one with the same operands.
  public init(
    _ problem: PassProblem, context: ExecutionContext, measurement: MachineMeasurement? = nil,
    coldByteCount: Int = CacheSizes.currentColdByteCount
  ) {
    self.problem = problem
    self.context = context
    self.measurement = measurement
    self.coldByteCount = coldByteCount
  }

  private struct Call {
    var prepared: PreparedOperator
    var operands: RotatingOperands
    var microseconds: [Double] = []
  }

  /// In every run the calls follow each other, each on operands of its own; what is between them is not timed.
  /// `progress` is told what comes next, at most every half second while calls are timed. Throws where a call cannot be
  /// planned or the operands do not fit in memory.
  public func run(progress: (String) -> Void = { _ in }) throws(TesseraError) -> PassBenchResult {
    var context = context
    let ledger = Ledger()
    context.ledger = ledger
    var calls: [Call] = []
    for part in problem.parts {
      let prepared = try part.entry.prepare(part.request, context: context)
      progress("operands of \(part.descriptor.name)")
      calls.append(
        Call(
          prepared: prepared,
          operands: try RotatingOperands(part, coldByteCount: coldByteCount, pool: context.pool)))
    }
    progress("peaks")
    let machine = if let measurement { measurement } else { try MachineMeasurement(pool: context.pool) }
    for call in calls {
      for _ in 0..<call.operands.setCount { try call.prepared.arrange(call.operands.take()) }
    }
    machine.sample(rounds: Self.roundsPerSample)
    let runs = problem.problem.runs
    var shown = monotonicNanoseconds()
    for run in -Self.warmUpRuns..<runs {
      if run >= 0, monotonicNanoseconds() - shown > Self.progressNanoseconds {
        progress("run \(run + 1) of \(runs)")
        shown = monotonicNanoseconds()
      }
      if run == runs / 2 { machine.sample(rounds: Self.roundsPerSample) }
      for index in calls.indices {
        let buffers = calls[index].operands.take()
        let start = monotonicNanoseconds()
        try calls[index].prepared.runArranged(buffers)
        let end = monotonicNanoseconds()
        if run >= 0 { calls[index].microseconds.append(Double(end - start) / 1e3) }
      }
    }
    machine.sample(rounds: Self.roundsPerSample)
    return PassBenchResult(
      problem, times: calls.map(\.microseconds), entries: ledger.entries, peaks: machine.peaks, context: context)
  }

  private static let warmUpRuns = 3
  private static let progressNanoseconds: UInt64 = 500_000_000
  private static let roundsPerSample = 4
}
