import Tessera

/// Times of a layer's linear maps against the number of tokens, and where they turn from memory's to arithmetic's.
public struct TokenSweep: Sendable {
  /// Coding keys are keys of the JSON.
  public struct Point: Encodable, Hashable, Sendable {
    public let tokens: Int
    /// The time of all four maps, median over the calls.
    public let microseconds: Double
    /// (maximum − minimum) / median.
    public let spread: Double
    public let gflops: Double
    /// `gflops` in percent of the FMA peak measured in this run.
    public let percentOfPeak: Double
    /// Bytes of the weights over the time.
    public let weightGigabytesPerSecond: Double
  }

  public let problem: SweepProblem
  public let machine: MachineBlock
  public let runs: Int
  /// How many layers' weights took turns.
  public let layerCount: Int
  public let points: [Point]
  /// Microseconds over tokens.
  public let fit: TwoLineFit

  /// Timed calls of one number of tokens in a run.
  public static let callsPerRun = 3

  /// Goes over all numbers of tokens in every run, so that slow minutes of a shared machine fall on all alike; peaks
  /// are sampled before, after each run and at the end. `measurement` is one with the context's pool, made for this run
  /// where it is left out. Throws where memory is short.
  public init(
    _ problem: SweepProblem, runs: Int, context: ExecutionContext, measurement: MachineMeasurement? = nil,
    progress: (String) -> Void = { _ in }
  ) throws(TesseraError) {
    guard runs >= 1 else {
      throw .invalidOperand(operation: "token sweep", operand: "runs", expected: "1 or more", actual: "\(runs)")
    }
    progress("allocating \(counted(problem.layerCount, "layer"))")
    let layers = try SweepLayers(problem, context: context)
    progress("measuring the machine")
    let machine = if let measurement { measurement } else { try MachineMeasurement(pool: context.pool) }
    machine.sample()
    var times = problem.tokens.map { _ in [Double]() }
    // The first run warms up and does not count.
    for run in 0...runs {
      progress(run == 0 ? "warming up" : "run \(run) of \(runs)")
      for (index, tokens) in problem.tokens.enumerated() {
        for _ in 0..<Self.callsPerRun {
          let time = try layers.run(tokens: tokens)
          if run > 0 { times[index].append(time) }
        }
      }
      machine.sample(rounds: 1)
    }
    machine.sample()
    self.init(
      problem, times: times.map { RunStatistics($0) }, runs: runs,
      machine: MachineBlock(
        threads: context.pool.threadCount, instructionSet: context.instructionSet,
        fastMemoryBytes: context.fastMemoryBytes, peaks: machine.peaks))
  }

  /// `times`: nanoseconds of each number of tokens.
  private init(_ problem: SweepProblem, times: [RunStatistics], runs: Int, machine: MachineBlock) {
    self.problem = problem
    self.machine = machine
    self.runs = runs
    layerCount = problem.layerCount
    points = zip(problem.tokens, times).map { tokens, time in
      // A clock that did not move between two readings would make figures infinite.
      let nanoseconds = max(1, time.median)
      let gflops = Double(2 * problem.parameters) * Double(tokens) / nanoseconds
      return Point(
        tokens: tokens, microseconds: nanoseconds / 1e3, spread: time.spread, gflops: gflops,
        percentOfPeak: gflops / machine.peakGflops * 100,
        weightGigabytesPerSecond: Double(problem.weightBytes) / nanoseconds)
    }
    fit = TwoLineFit(points.map { (Double($0.tokens), $0.microseconds) })
  }

  /// Reading the weights once at the best read bandwidth.
  public var weightReadMicroseconds: Double { Double(problem.weightBytes) / machine.peakBandwidth[.read]! / 1e3 }

  /// Arithmetic of one token at the FMA peak.
  public var peakMicrosecondsPerToken: Double { Double(2 * problem.parameters) / machine.peakGflops / 1e3 }

  /// Peak · bytes per parameter / (2 · read bandwidth): where the two take as long.
  public var predictedRidge: Double {
    machine.peakGflops * Double(SweepProblem.bytesPerParameter) / (2 * machine.peakBandwidth[.read]!)
  }
}
