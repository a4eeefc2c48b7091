import Tessera

/// Times operators alone, between measurements of the peaks that their figures are divided by.
public struct OperatorBench {
  private let context: ExecutionContext
  private let measurement: MachineMeasurement?
  private let roundsPerSample: Int
  private let coldByteCount: Int

  /// The context's own ledger is left alone. `measurement` is one with the context's pool, made for each run where it
  /// is left out; either way it gets `roundsPerSample` rounds before, between and after the timed calls. Cold calls
  /// find that `coldByteCount` bytes have been touched since the last one with the same operands; fewer are for tests.
  public init(
    context: ExecutionContext, measurement: MachineMeasurement? = nil, roundsPerSample: Int = 4,
    coldByteCount: Int = CacheSizes.currentColdByteCount
  ) {
    self.context = context
    self.measurement = measurement
    self.roundsPerSample = roundsPerSample
    self.coldByteCount = coldByteCount
  }

  /// One operator's calls. `progress` is told what comes next, at most every half second while calls are timed.
  /// Throws where the call cannot be planned or its operands do not fit in memory.
  public func run(
    _ problem: BenchProblem, progress: (String) -> Void = { _ in }
  ) throws(TesseraError) -> BenchResult {
    let timed = try time([problem], progress)
    let call = timed.calls[0]
    return BenchResult(
      problem, times: RunStatistics(call.microseconds), entry: call.entry, peaks: timed.peaks, context: context,
      workspaceBytes: call.workspaceBytes, operandSets: timed.operandSets)
  }

  /// The calls of all parts, one after the other in every run, each on operands of its own; what is between them is not
  /// timed. `progress` and errors are as of one operator.
  public func run(
    _ problem: PartsProblem, progress: (String) -> Void = { _ in }
  ) throws(TesseraError) -> PartsBenchResult {
    PartsBenchResult(problem, try time(problem.calls, progress), context: context)
  }

  private struct Call {
    let prepared: PreparedOperator
    let ledger: Ledger
    var microseconds: [Double] = []
  }

  private func time(_ problems: [BenchProblem], _ progress: (String) -> Void) throws(TesseraError) -> TimedCalls {
    // Planned first: what is wrong with the extents shows before anything is allocated for them.
    var calls = try problems.map { problem throws(TesseraError) in try call(problem) }
    progress("operands of \(problems[0].descriptor.name)")
    let operands = try RotatingOperands(problems, coldByteCount: coldByteCount, pool: context.pool)
    progress("peaks")
    let machine = if let measurement { measurement } else { try MachineMeasurement(pool: context.pool) }

    for _ in 0..<operands.setCount {
      for (call, buffers) in zip(calls, operands.take()) { try call.prepared.packWeights(buffers) }
    }
    let runs = problems[0].runs
    var shown = monotonicNanoseconds()
    for part in [0..<runs / 2, runs / 2..<runs] {
      machine.sample(rounds: roundsPerSample)
      // Not counted: the first call after something else finds sleeping threads and cold translations.
      for _ in 0..<Self.warmUpRuns {
        for (call, buffers) in zip(calls, operands.take()) { try call.prepared.runPacked(buffers) }
      }
      for run in part {
        if monotonicNanoseconds() - shown > Self.progressNanoseconds {
          progress("run \(run + 1) of \(runs)")
          shown = monotonicNanoseconds()
        }
        for (index, buffers) in operands.take().enumerated() {
          let start = monotonicNanoseconds()
          try calls[index].prepared.runPacked(buffers)
          calls[index].microseconds.append(Double(monotonicNanoseconds() - start) / 1e3)
        }
      }
    }
    machine.sample(rounds: roundsPerSample)
    return TimedCalls(
      calls: zip(problems, calls).map { problem, call in
        .init(
          microseconds: call.microseconds, entry: call.ledger.entries[problem.descriptor.name]!,
          workspaceBytes: call.prepared.workspaceBytes)
      }, operandSets: operands.setCount, peaks: machine.peaks)
  }

  /// A call with a ledger of its own: a backward pass may have an operator of the forward one.
  private func call(_ problem: BenchProblem) throws(TesseraError) -> Call {
    let ledger = Ledger()
    var context = context
    context.ledger = ledger
    return Call(prepared: try problem.entry.prepare(problem.request, context: context), ledger: ledger)
  }

  private static let warmUpRuns = 3
  private static let progressNanoseconds = 500_000_000
}

/// What was timed and counted.
struct TimedCalls {
  struct Call {
    /// Of each run.
    let microseconds: [Double]
    let entry: Ledger.Entry
    let workspaceBytes: Int
  }

  let calls: [Call]
  let operandSets: Int
  let peaks: MachinePeaks
}
