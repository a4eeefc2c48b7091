import Tessera

/// Times of a decoder's passes on this machine, call by call, with the machine's peaks from the same minutes.
public struct DecoderMeasurement: Sendable {
  public let problem: DecoderProblem
  public let runs: Int
  public let threads: Int
  public let instructionSet: InstructionSet
  public let fastMemoryBytes: Int
  public let peaks: MachinePeaks
  /// Rows in the order in which they run.
  public let layer: [Row]
  /// Embedding, norm and logits, which a pass has once.
  public let once: [Row]
  /// Nanoseconds of whole passes that are not counted, from the embedding to the logits.
  public let whole: RunStatistics

  /// A run is a pass that warms up, one whose calls are counted and timed one by one, and one that is timed as a whole.
  /// Each goes over all layers in order, so that a layer finds its weights where it does in a generation. Peaks are
  /// sampled before, after each run and at the end. `measurement` is one with the context's pool, made for this run
  /// where it is left out. Throws where memory is short.
  public init(
    _ problem: DecoderProblem, runs: Int, context: ExecutionContext, measurement: MachineMeasurement? = nil,
    progress: (String) -> Void = { _ in }
  ) throws {
    guard runs >= 1 else {
      throw TesseraError.invalidOperand(
        operation: "report", operand: "runs", expected: "1 or more", actual: "\(runs)")
    }
    progress(problem.cachedCount == 0 ? "planning" : "filling the cache")
    let pass = try PreparedDecoderPass(problem, context: context)
    progress("measuring the machine")
    let machine = if let measurement { measurement } else { try MachineMeasurement(pool: context.pool) }
    machine.sample()
    var passes: [[Ledger.Call]] = []
    var whole: [Double] = []
    for run in 1...runs {
      progress("run \(run) of \(runs)")
      try pass.run()
      passes.append(try pass.countedRun())
      whole.append(try pass.timedRun())
      machine.sample(rounds: 1)
    }
    machine.sample()
    self.problem = problem
    self.runs = runs
    threads = context.pool.threadCount
    instructionSet = context.instructionSet
    fastMemoryBytes = context.fastMemoryBytes
    peaks = machine.peaks
    (layer, once) = Self.rows(passes, problem.model.weights.layers, tokens: problem.tokenCount)
    self.whole = RunStatistics(whole)
  }
}
