import Tessera

/// Times of the layer's sequences on this machine, with the machine's peaks from the same minutes.
public struct LayerMeasurement: Sendable {
  /// One sequence's costs and times.
  public struct Sequence: Sendable {
    /// nil for the unfused one.
    public let fusion: LayerFusion?
    public let steps: [LayerStep]
    public let costs: [StepCost]
    /// Nanoseconds of each step over the runs.
    public let times: [RunStatistics]
    /// Nanoseconds from the first step's start to the last one's end.
    public let endToEnd: RunStatistics
    /// Its time over that of the first sequence of the paper's kernels: the median over rounds of the two times of a
    /// round. nil for that sequence, the unfused one, and where none ran.
    public let paperRatio: Double?
  }

  public let layer: LayerTable
  public let runs: Int
  public let threads: Int
  public let instructionSet: InstructionSet
  public let fastMemoryBytes: Int
  /// What the unfused sequence's linear maps ran.
  public let openBLAS: OpenBLASKernels
  public let peaks: MachinePeaks
  public let unfused: Sequence
  /// One for each fusion that was asked for, in that order.
  public let fused: [Sequence]
  public let ledger: LedgerCost
  /// nil where it was not asked for.
  public let encoderLayer: EncoderLayerTimes?

  /// Runs the sequences in turn, `runs` times each after a counted but untimed run of all, so that slow minutes of a
  /// shared machine fall on all alike. The machine's peaks are sampled before, after each round of runs and at the end,
  /// so that slow minutes fall on them too. Throws where tiled attention does not take this layer's heads, and where
  /// there is no OpenBLAS for the unfused sequence. With `encoderLayer` the library's own layer runs in each round as
  /// well, in training and in inference, and with it its backward pass where the layer's pass has one. `measurement` is
  /// one with the context's pool, made for this run where it is left out.
  public init(
    _ layer: LayerTable, fusions: [LayerFusion], encoderLayer: Bool = false, runs: Int,
    context: ExecutionContext, measurement: MachineMeasurement? = nil, progress: (String) -> Void = { _ in }
  ) throws(TesseraError) {
    guard runs >= 1 else {
      throw .invalidOperand(operation: "report", operand: "runs", expected: "1 or more", actual: "\(runs)")
    }
    // Before the minutes of measuring, and before anything is allocated.
    openBLAS = try OpenBLASLibrary.shared().kernels
    var sequences = [layer.unfused]
    for fusion in fusions { sequences.append(try layer.sequence(fusion)) }
    let ledger = Ledger()
    var context = context
    context.ledger = ledger
    progress("allocating \((layer.byteCount + (1 << 20) - 1) >> 20) MiB")
    let memory = try LayerMemory(layer)
    var samples: [Samples] = []
    for sequence in sequences {
      samples.append(Samples(try PreparedSequence(sequence, on: memory, context: context)))
    }
    let wholeLayers = try encoderLayer ? WholeLayers(layer, on: memory, context: context) : nil

    progress("measuring the machine")
    let machine = if let measurement { measurement } else { try MachineMeasurement(pool: context.pool) }
    machine.sample()
    progress("warming up")
    for index in samples.indices { try samples[index].count(ledger) }
    try wholeLayers?.count(ledger)
    for run in 1...runs {
      progress("run \(run) of \(runs)")
      for index in samples.indices { try samples[index].time() }
      try wholeLayers?.time()
      machine.sample(rounds: 1)
    }
    machine.sample()

    self.layer = layer
    self.runs = runs
    threads = context.pool.threadCount
    instructionSet = context.instructionSet
    fastMemoryBytes = context.fastMemoryBytes
    peaks = machine.peaks
    unfused = samples[0].result(besides: nil)
    let paper = samples.firstIndex { if case .paper = $0.prepared.sequence.fusion { true } else { false } }
    fused = samples.indices.dropFirst().map { index in
      samples[index].result(besides: index == paper ? nil : paper.map { samples[$0].whole })
    }
    let leading = samples.first { $0.prepared.sequence.fusion == .full } ?? samples[min(1, samples.count - 1)]
    self.encoderLayer = wholeLayers?.times(sequence: leading.whole)
    self.ledger = LedgerCost(
      updates: unfused.costs.reduce(0) { $0 + $1.moved.updates },
      records: unfused.steps.reduce(0) { $0 + $1.calls.count }, runNanoseconds: unfused.endToEnd.median)
  }

  /// One sequence while it is being measured.
  private struct Samples {
    let prepared: PreparedSequence
    var costs: [StepCost] = []
    var steps: [[Double]]
    var whole: [Double] = []

    init(_ prepared: PreparedSequence) {
      self.prepared = prepared
      steps = prepared.sequence.steps.map { _ in [] }
    }

    mutating func count(_ ledger: Ledger) throws(TesseraError) { costs = try prepared.countedRun(ledger) }

    mutating func time() throws(TesseraError) {
      let times = try prepared.timedRun()
      for (index, time) in times.steps.enumerated() { steps[index].append(time) }
      whole.append(times.whole)
    }

    /// `paper`: times of the paper's sequence in the same rounds.
    func result(besides paper: [Double]?) -> Sequence {
      Sequence(
        fusion: prepared.sequence.fusion, steps: prepared.sequence.steps, costs: costs,
        times: steps.map { RunStatistics($0) }, endToEnd: RunStatistics(whole),
        paperRatio: paper.map { paper in RunStatistics(zip(whole, paper).map { $0 / max(1, $1) }).median })
    }
  }
}
