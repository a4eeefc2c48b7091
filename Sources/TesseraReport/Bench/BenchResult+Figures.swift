import Tessera

extension BenchResult {
  /// Divides what was timed and counted by the peaks.
  init(
    _ problem: BenchProblem, times: RunStatistics, entry: Ledger.Entry, peaks machine: MachinePeaks,
    context: ExecutionContext, workspaceBytes: Int, operandSets: Int
  ) {
    let (descriptor, request) = (problem.descriptor, problem.request)
    let least = descriptor.leastTraffic(request.extents, mode: request.mode)
    let kind = BandwidthKind(
      readBytes: least.readBytes, writtenBytes: least.writtenBytes, inPlace: problem.isInPlace)
    let bestBandwidth = machine.gigabytesPerSecond(kind)
    let seconds = times.median / 1e6

    `operator` = descriptor.name
    label = descriptor.label
    extents = Dictionary(uniqueKeysWithValues: descriptor.extents.map { ($0.rawValue, request.extents[$0]) })
    mode = request.mode
    dropout = descriptor.hasDropout ? request.dropProbability : nil
    isInPlace = problem.isInPlace
    isWarm = problem.isWarm
    self.operandSets = operandSets
    threads = context.pool.threadCount
    isa = context.instructionSet
    runs = problem.runs

    medianMicroseconds = times.median
    minimumMicroseconds = times.minimum
    maximumMicroseconds = times.maximum
    spread = times.spread

    gflops = Double(descriptor.floatingPointOperations(request.extents)) / seconds / 1e9
    percentOfPeak = gflops / machine.floatGflops * 100
    bytes = entry.traffic.byteCount / entry.calls
    leastBytes = least.byteCount
    modelled = entry.isModelled
    gigabytesPerSecond = Double(bytes) / seconds / 1e9
    dataRatio = Double(leastBytes) / Double(bytes)
    bandwidthRatio = gigabytesPerSecond / bestBandwidth
    mue = dataRatio * bandwidthRatio * 100
    bandwidthKind = kind
    self.workspaceBytes = workspaceBytes

    bandwidthBoundMicroseconds = Double(leastBytes) / bestBandwidth / 1e3
    let decisions = problem.dropoutDecisions
    generatorBoundMicroseconds = decisions == 0 ? nil : Double(decisions) / machine.dropoutDecisionsPerSecond * 1e6
    boundMicroseconds = max(bandwidthBoundMicroseconds, generatorBoundMicroseconds ?? 0)
    timesBound = times.median / boundMicroseconds
    counterUpdates = entry.traffic.updates / entry.calls
    counterPercent = Double(counterUpdates) * ledgerUpdateNanoseconds() / (times.median * 1e3) * 100
    peaks = Peaks(
      gflops: machine.floatGflops, gigabytesPerSecond: bestBandwidth,
      dropoutDecisionsPerSecond: machine.dropoutDecisionsPerSecond)
  }
}
