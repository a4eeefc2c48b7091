import Tessera

extension BenchResult {
  /// The result for people: what was run, how long it took, and what that is of the machine's best.
  public var text: String {
    let name = label.map { "\(`operator`) (\($0))" } ?? `operator`
    let sizes = Extent.allCases.compactMap { extent in
      extents[extent.rawValue].flatMap { $0 == 0 ? nil : "\(extent.rawValue) \($0)" }
    }
    // A cold call finds nothing in a cache.
    let excess = isWarm ? ", in cache" : ", peaks measured while the machine was busier"
    let options = (dependsOnMode ? [mode.rawValue] : []) + options.words
    let caches = isWarm ? "warm" : "cold, \(counted(operandSets, "set")) of operands in turn"
    func fixed(_ value: Double, _ digits: Int = 1) -> String { Number.fixed(value, digits) }

    let generator = generatorBoundMicroseconds.map {
      ", generator \(fixed($0)) (\(fixed(peaks.dropoutDecisionsPerSecond / 1e9, 2)) G decisions/s)"
    }
    return [
      "\(name): \((sizes + options).joined(separator: ", "))",
      "\(counted(threads, "thread")), \(isa.rawValue), \(caches), \(counted(runs, "run"))",
      "",
      "time       \(fixed(medianMicroseconds)) µs median, "
        + "\(fixed(minimumMicroseconds)) to \(fixed(maximumMicroseconds))",
      "bound      \(fixed(boundMicroseconds)) µs, time is \(fixed(timesBound, 2)) × it;"
        + " bandwidth \(fixed(bandwidthBoundMicroseconds))\(generator ?? "")",
      "compute    \(fixed(gflops)) GFLOP/s, \(fixed(percentOfPeak)) % of the FMA peak of \(fixed(peaks.gflops))",
      "bandwidth  \(fixed(gigabytesPerSecond)) GB/s of \(fixed(peaks.gigabytesPerSecond)) (\(bandwidthKind.rawValue))",
      "MUE        \(fixed(mue)) %\(mue > 100 ? excess : "") ="
        + " Q/D \(fixed(dataRatio, 3)) · B/B̂ \(fixed(bandwidthRatio, 3))",
      "bytes      D \(bytes)\(modelled ? ", modelled as Q" : ""), Q \(leastBytes), workspace \(workspaceBytes)",
      "steadiness \(steadiness.text)",
      "counting   \(counted(counterUpdates, "update")), at most \(fixed(counterPercent, 3)) % of the time",
    ].joined(separator: "\n")
  }

  private var dependsOnMode: Bool {
    (try? OperatorCatalog.entry(named: `operator`))?.descriptor.dependsOnMode ?? true
  }
}
