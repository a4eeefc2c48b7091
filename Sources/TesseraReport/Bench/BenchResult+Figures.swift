import Tessera

extension BenchResult {
  /// Divides what was timed and counted by the peaks.
  init(
    _ problem: BenchProblem, times: RunStatistics, entry: Ledger.Entry, peaks machine: MachinePeaks,
    context: ExecutionContext, workspaceBytes: Int, operandSets: Int
  ) {
    let (descriptor, request) = (problem.descriptor, problem.request)
    let least = descriptor.leastTraffic(request.extents, mode: request.mode)
    let efficiency = Efficiency(
      nanoseconds: times.median * 1e3,
      floatingPointOperations: descriptor.floatingPointOperations(request.extents), least: least,
      movedBytes: entry.traffic.byteCount / entry.calls, dropoutDecisions: descriptor.dropoutDecisions(request),
      inPlace: request.isInPlace, peaks: machine)

    `operator` = descriptor.name
    label = descriptor.label
    // What follows from attention's mask is no operand's extent, but FLOPs and Q are made of it.
    let fromLengths: [Extent] = request.attention?.queryLengths == nil ? [] : [.queryTokens]
    let fromMask: [Extent] = request.attention == nil ? [] : [.visiblePairs, .visibleKeys] + fromLengths
    extents = Dictionary(
      uniqueKeysWithValues: (descriptor.extents + fromMask).map { ($0.rawValue, request.extents[$0]) })
    mode = request.mode
    options = OptionFigures(request, of: problem.entry.descriptor)
    isWarm = problem.isWarm
    self.operandSets = operandSets
    threads = context.pool.threadCount
    isa = context.instructionSet
    runs = problem.runs

    medianMicroseconds = times.median
    minimumMicroseconds = times.minimum
    maximumMicroseconds = times.maximum
    spread = times.spread

    gflops = efficiency.gflops
    percentOfPeak = efficiency.percentOfPeak
    bytes = entry.traffic.byteCount / entry.calls
    leastBytes = least.byteCount
    modelled = entry.isModelled
    gigabytesPerSecond = efficiency.gigabytesPerSecond
    dataRatio = efficiency.dataRatio
    bandwidthRatio = efficiency.bandwidthRatio
    mue = efficiency.mue
    bandwidthKind = efficiency.bandwidthKind
    self.workspaceBytes = workspaceBytes

    bandwidthBoundMicroseconds = efficiency.bandwidthBoundMicroseconds
    generatorBoundMicroseconds = efficiency.generatorBoundMicroseconds
    boundMicroseconds = efficiency.boundMicroseconds
    timesBound = times.median / boundMicroseconds
    counterUpdates = entry.traffic.updates / entry.calls
    counterPercent = Double(counterUpdates) * ledgerUpdateNanoseconds() / (times.median * 1e3) * 100
    peaks = Peaks(
      gflops: machine.floatGflops, gigabytesPerSecond: efficiency.bestBandwidth,
      dropoutDecisionsPerSecond: machine.dropoutDecisionsPerSecond)
    steadiness = machine.steadiness
  }
}
