import Tessera

extension PartsBenchResult {
  /// Divides what was timed and counted by the peaks.
  init(_ problem: PartsProblem, _ timed: TimedCalls, context: ExecutionContext) {
    let forward = problem.problem
    pass = problem.pass
    sequencesApart = problem.isApart ? problem.parts[0].count : nil
    extents = Dictionary(
      uniqueKeysWithValues: forward.descriptor.extents.map { ($0.rawValue, forward.request.extents[$0]) })
    options = OptionFigures(forward.request, of: forward.entry.descriptor)
    isWarm = forward.isWarm
    threads = context.pool.threadCount
    isa = context.instructionSet
    runs = forward.runs
    peakGflops = timed.peaks.floatGflops
    steadiness = timed.peaks.steadiness

    var calls = timed.calls[...]
    let costs = problem.parts.map { part in
      defer { calls = calls.dropFirst(part.count) }
      return Cost(of: zip(part, calls).map { Cost($0, $1) })
    }
    let shares = percentages(of: costs.map { RunStatistics($0.microseconds).median })
    parts = zip(costs, shares).map { Figures($0, timePercent: $1, peaks: timed.peaks) }
    whole = Figures(Cost(of: costs), named: forward.descriptor.name, timePercent: 100, peaks: timed.peaks)
  }

  /// What a call, or several calls of a run together, took.
  fileprivate struct Cost {
    let name: String
    /// Of each run.
    var microseconds: [Double]
    var floatingPointOperations: Int
    var least: Traffic
    var bytes: Int
    var isModelled: Bool
    /// Whether outputs are inputs' memory in each call.
    var isInPlace: Bool

    init(_ problem: BenchProblem, _ call: TimedCalls.Call) {
      let (descriptor, request) = (problem.descriptor, problem.request)
      name = descriptor.name
      microseconds = call.microseconds
      floatingPointOperations = descriptor.floatingPointOperations(request.extents)
      least = descriptor.leastTraffic(request.extents, mode: request.mode)
      bytes = call.entry.traffic.byteCount / call.entry.calls
      isModelled = call.entry.isModelled
      isInPlace = request.isInPlace
    }

    /// All of these together, by the first one's name.
    init(of costs: [Cost]) { self = costs.dropFirst().reduce(into: costs[0]) { $0.add($1) } }

    private mutating func add(_ other: Cost) {
      for run in microseconds.indices { microseconds[run] += other.microseconds[run] }
      floatingPointOperations += other.floatingPointOperations
      least += other.least
      bytes += other.bytes
      isModelled = isModelled || other.isModelled
      isInPlace = isInPlace && other.isInPlace
    }
  }
}

extension PartsBenchResult.Figures {
  /// B̂ is that of the calls' own mix of reads and writes.
  fileprivate init(
    _ cost: PartsBenchResult.Cost, named name: String? = nil, timePercent: Double, peaks: MachinePeaks
  ) {
    let times = RunStatistics(cost.microseconds)
    let efficiency = Efficiency(
      nanoseconds: times.median * 1e3, floatingPointOperations: cost.floatingPointOperations, least: cost.least,
      movedBytes: cost.bytes, dropoutDecisions: 0, inPlace: cost.isInPlace, peaks: peaks)
    `operator` = name ?? cost.name
    medianMicroseconds = times.median
    minimumMicroseconds = times.minimum
    maximumMicroseconds = times.maximum
    spread = times.spread
    self.timePercent = timePercent
    floatingPointOperations = cost.floatingPointOperations
    gflops = efficiency.gflops
    percentOfPeak = efficiency.percentOfPeak
    bytes = cost.bytes
    leastBytes = cost.least.byteCount
    modelled = cost.isModelled
    gigabytesPerSecond = efficiency.gigabytesPerSecond
    dataRatio = efficiency.dataRatio
    bandwidthRatio = efficiency.bandwidthRatio
    mue = efficiency.mue
    bandwidthKind = efficiency.bandwidthKind
  }
}
