import Tessera

/// What `tessera bench --pass` found; its coding keys are the keys of the JSON.
public struct PassBenchResult: Encodable, Sendable {
  /// Times over the runs, and what they are of the machine's best.
  public struct Figures: Encodable, Sendable {
    /// The catalog's name; of all calls together that of the forward one.
    public let `operator`: String
    public let medianMicroseconds: Double
    public let minimumMicroseconds: Double
    public let maximumMicroseconds: Double
    /// (maximum − minimum) / median.
    public let spread: Double
    public let floatingPointOperations: Int
    public let gflops: Double
    /// The share of the FMA peak measured in this run.
    public let percentOfPeak: Double
    /// D and Q.
    public let bytes: Int
    public let leastBytes: Int

    fileprivate init(
      _ name: String, _ microseconds: [Double], floatingPointOperations: Int, bytes: Int, leastBytes: Int,
      peakGflops: Double
    ) {
      let times = RunStatistics(microseconds)
      `operator` = name
      medianMicroseconds = times.median
      minimumMicroseconds = times.minimum
      maximumMicroseconds = times.maximum
      spread = times.spread
      self.floatingPointOperations = floatingPointOperations
      // FLOPs a microsecond are thousandths of GFLOP/s. A clock may not have moved.
      gflops = Double(floatingPointOperations) / max(1e-3, times.median) / 1e3
      percentOfPeak = gflops / peakGflops * 100
      self.bytes = bytes
      self.leastBytes = leastBytes
    }
  }

  public let pass: LayerPass
  /// Extents of the forward call by the names of the options that set them.
  public let extents: [String: Int]
  public let options: OptionFigures
  public let isWarm: Bool
  public let threads: Int
  public let isa: InstructionSet
  public let runs: Int
  /// Each call.
  public let parts: [Figures]
  /// All calls of a run together.
  public let whole: Figures
  public let peakGflops: Double
  public let steadiness: MachineSteadiness

  /// `times`: of each part in each run.
  init(
    _ problem: PassProblem, times: [[Double]], entries: [String: Ledger.Entry], peaks: MachinePeaks,
    context: ExecutionContext
  ) {
    let forward = problem.problem
    pass = problem.pass
    extents = Dictionary(
      uniqueKeysWithValues: forward.descriptor.extents.map { ($0.rawValue, forward.request.extents[$0]) })
    options = OptionFigures(forward.request, of: forward.entry.descriptor)
    isWarm = forward.isWarm
    threads = context.pool.threadCount
    isa = context.instructionSet
    runs = forward.runs
    peakGflops = peaks.floatGflops
    steadiness = peaks.steadiness
    let parts = zip(problem.parts, times).map { part, microseconds in
      let (descriptor, extents, entry) = (part.descriptor, part.request.extents, entries[part.descriptor.name]!)
      return Figures(
        descriptor.name, microseconds, floatingPointOperations: descriptor.floatingPointOperations(extents),
        bytes: entry.traffic.byteCount / entry.calls,
        leastBytes: descriptor.leastTraffic(extents, mode: part.request.mode).byteCount,
        peakGflops: peaks.floatGflops)
    }
    self.parts = parts
    whole = Figures(
      forward.descriptor.name,
      (0..<forward.runs).map { run in times.reduce(0) { $0 + $1[run] } },
      floatingPointOperations: parts.reduce(0) { $0 + $1.floatingPointOperations },
      bytes: parts.reduce(0) { $0 + $1.bytes }, leastBytes: parts.reduce(0) { $0 + $1.leastBytes },
      peakGflops: peaks.floatGflops)
  }

  /// The result for people.
  public var text: String {
    func line(_ name: String, _ figures: Figures) -> String {
      "\(name): \(Number.fixed(figures.medianMicroseconds, 1)) µs median, \(Number.fixed(figures.minimumMicroseconds, 1)) to "
        + "\(Number.fixed(figures.maximumMicroseconds, 1)); \(Number.fixed(figures.gflops, 1)) GFLOP/s, "
        + "\(Number.fixed(figures.percentOfPeak, 1)) % of the FMA peak; "
        + "D \(figures.bytes), Q \(figures.leastBytes) bytes"
    }
    let sizes = Extent.allCases.compactMap { extent in
      extents[extent.rawValue].flatMap { $0 == 0 ? nil : "\(extent.rawValue) \($0)" }
    }
    return
      ([
        "\(whole.operator), \(pass.text): \((sizes + options.words).joined(separator: ", "))",
        "\(threads) thread\(threads == 1 ? "" : "s"), \(isa.rawValue), \(isWarm ? "warm" : "cold"), "
          + "\(runs) run\(runs == 1 ? "" : "s"); FMA peak \(Number.fixed(peakGflops, 1)) GFLOP/s",
      ] + parts.map { line($0.operator, $0) } + (parts.count > 1 ? [line("together", whole)] : []) + [
        "steadiness: \(steadiness.text)"
      ]).joined(separator: "\n")
  }
}
