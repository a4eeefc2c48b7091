import CTesseraKernels

/// Measures what the machine can do, round by round, so that figures divided by it come from the same minutes.
///
/// A round measures every figure once, one after the other; the peaks are medians over all rounds. Kernels are the
/// machine's best, whatever the pool's user has forced: peaks belong to the machine. The arrays stay allocated as long
/// as the measurement lives.
public final class MachineMeasurement {
  private enum Figure: Hashable {
    case fusedMultiplyAdd
    case dropoutDecisions
    case plain(BandwidthKind)
    case nonTemporal(BandwidthKind)
  }

  private let pool: WorkerPool
  private let kernels = MachineKernels.variants.best(for: .best)
  private let dropoutMask: tsr_u8_dropout_mask_kernel = DropoutMaskKernels.variants.best(for: .best).dropout_mask
  private let arrays: [AlignedBuffer<Float>]
  private let masks: AlignedBuffer<UInt8>
  private let sinks: AlignedBuffer<Float>
  private let terms: AlignedBuffer<Float>
  private let sliceRates: AlignedBuffer<Double>
  private let figures: [Figure]
  /// How many passes over a mix's arrays it takes to come round.
  private let windows: Int
  /// The part of the arrays that the next pass reads and writes.
  private var window = 0
  private var samples: [Figure: [Double]] = [:]
  private var slices: [[Double]] = []

  /// Each of the three arrays is as large as a cold rotation, and at least 256 MiB, so that a pass finds nothing of the
  /// last one; but at most an eighth of the memory.
  public static let defaultArrayByteCount = min(
    max(CacheSizes.currentColdByteCount, 256 << 20), physicalMemoryBytes() / 8)

  /// A measurement that takes a fraction of the time and memory, for figures beside which other things count more:
  /// arrays that are as large as a cold rotation together, a quarter of which each pass goes over in turn.
  public static func brief(pool: WorkerPool) throws(TesseraError) -> MachineMeasurement {
    try MachineMeasurement(
      pool: pool, arrayByteCount: min(CacheSizes.currentColdByteCount, physicalMemoryBytes() / 8) / 3, windows: 4)
  }

  /// Allocates and touches the arrays and measures one round. Throws where memory is short.
  ///
  /// Arrays smaller than the default measure caches rather than memory: for tests. Of several `windows` each pass goes
  /// over the next, so that it finds nothing of the last one as long as all the arrays do not fit in the caches.
  public init(
    pool: WorkerPool, arrayByteCount: Int = MachineMeasurement.defaultArrayByteCount, windows: Int = 1
  ) throws(TesseraError) {
    self.pool = pool
    self.windows = windows
    let items = max(1, arrayByteCount / Self.itemBytes / windows) * windows
    arrays = try (0..<3).map { _ throws(TesseraError) in
      try AlignedBuffer(uninitializedCount: items * Self.itemFloats)
    }
    masks = try AlignedBuffer(repeating: 0, count: pool.threadCount * Self.maskBytes)
    sinks = try AlignedBuffer(repeating: 0, count: pool.threadCount * Self.sinkStride)
    terms = try AlignedBuffer(repeating: 1e-6, count: Int(TSR_MACHINE_FMA_TERMS))
    sliceRates = try AlignedBuffer(repeating: 0, count: pool.threadCount * Self.slicesPerThread)
    figures =
      [.fusedMultiplyAdd, .dropoutDecisions] + BandwidthKind.allCases.map(Figure.plain)
      + (kernels.has_non_temporal_stores ? BandwidthKind.allCases.filter { $0 != .read }.map(Figure.nonTemporal) : [])
    // Pages come from the memory of the threads that will use them, where that makes a difference.
    let arrays = arrays
    pool.run(itemCount: items, order: .neighbouring) { item, _ in
      for array in arrays { (array.pointer + item * Self.itemFloats).update(repeating: 1, count: Self.itemFloats) }
    }
    sample(rounds: 1)
  }

  /// Adds rounds, each about a tenth of a second on two cores. Call it several times while a run lasts.
  public func sample(rounds: Int = 4) {
    for _ in 0..<rounds {
      slices.append(measuredSlices())
      for figure in figures { samples[figure, default: []].append(measure(figure)) }
    }
  }

  /// Medians over all rounds so far.
  public var peaks: MachinePeaks {
    func median(_ figure: Figure) -> Double? {
      samples[figure].map { values in
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
      }
    }
    func medians(_ figure: (BandwidthKind) -> Figure) -> [BandwidthKind: Double] {
      Dictionary(
        uniqueKeysWithValues: BandwidthKind.allCases.compactMap { kind in median(figure(kind)).map { (kind, $0) } })
    }
    return MachinePeaks(
      floatGflops: median(.fusedMultiplyAdd)!, dropoutDecisionsPerSecond: median(.dropoutDecisions)! * 1e9,
      rounds: samples[.fusedMultiplyAdd]!.count,
      steadiness: MachineSteadiness(slices: slices, threads: pool.threadCount), plain: medians(Figure.plain),
      nonTemporal: medians(Figure.nonTemporal))
  }

  /// Billions a second of what the figure counts.
  private func measure(_ figure: Figure) -> Double {
    switch figure {
    case .fusedMultiplyAdd: fusedMultiplyAdd()
    case .dropoutDecisions: dropoutDecisions()
    case .plain(let kind): bandwidth(kind, streaming: false)
    case .nonTemporal(let kind): bandwidth(kind, streaming: true)
    }
  }
}

extension MachineMeasurement {
  /// Items of 1 MiB an array: threads that take them one by one end within 2 % of a pass of each other, and taking one
  /// costs nothing beside it. A multiple of the 256 KiB that the C kernels walk side by side.
  private static let itemFloats = itemBytes / MemoryLayout<Float>.stride
  private static let itemBytes = 1 << 20
  /// A row of decisions: an eighth of the smallest level 2 in use (512 KiB), so that it stays there.
  private static let maskBytes = 64 << 10
  /// Two cache lines apart, because processors fetch lines in pairs.
  private static let sinkStride = 32

  /// Work that takes each thread some 10 ms, in items of a hundredth of that.
  private func fusedMultiplyAdd() -> Double {
    let items = 100 * pool.threadCount
    let (kernel, sinks) = (kernels.fma_f32!, sinks.pointer)
    // At two fused multiply-adds a cycle and register an iteration of either C variant takes 6 to 12 cycles.
    let iterations = 40_000
    let operations = kernel(0, sinks)
    let start = monotonicNanoseconds()
    pool.run(itemCount: items) { _, worker in _ = kernel(iterations, sinks + worker.index * Self.sinkStride) }
    return Double(items * iterations * operations) / Double(monotonicNanoseconds() - start)
  }

  private static let slicesPerThread = 10

  /// Rates of slices in GFLOP/s, ten of each thread, one after the other.
  private func measuredSlices() -> [Double] {
    let (kernel, terms, sinks, rates) = (kernels.loaded_fma_f32!, terms.pointer, sinks.pointer, sliceRates.pointer)
    // About a millisecond at two vectors a cycle.
    let iterations =
      switch InstructionSet.best {
      case .portable: 4_000
      case .avx2: 12_000
      case .avx512: 24_000
      }
    pool.run(itemCount: pool.threadCount) { thread, worker in
      for slice in 0..<Self.slicesPerThread {
        let start = monotonicNanoseconds()
        let operations = kernel(iterations, terms, sinks + worker.index * Self.sinkStride)
        let nanoseconds = max(1, monotonicNanoseconds() - start)
        rates[thread * Self.slicesPerThread + slice] = Double(iterations * operations) / Double(nanoseconds)
      }
    }
    return (0..<sliceRates.count).map { rates[$0] }
  }

  private func dropoutDecisions() -> Double {
    let items = 256 * pool.threadCount
    let (kernel, masks) = (dropoutMask, masks.pointer)
    let start = monotonicNanoseconds()
    pool.run(itemCount: items) { item, worker in
      var dropout = tsr_dropout()
      dropout.key = (1, 0)
      dropout.row = UInt32(item)
      // 0.1 · 65536: the rate does not depend on it.
      dropout.threshold = 6554
      kernel(&dropout, Self.maskBytes, masks + worker.index * Self.maskBytes)
    }
    return Double(items * Self.maskBytes) / Double(monotonicNanoseconds() - start)
  }

  /// One pass over the mix's arrays, or over the window of them whose turn it is.
  private func bandwidth(_ kind: BandwidthKind, streaming: Bool) -> Double {
    let items = arrays[0].count / Self.itemFloats / windows
    let (kernel, sinks, first) = (kernels.stream(kind), sinks.pointer, window * items * Self.itemFloats)
    window = (window + 1) % windows
    let (a, b, c) = (arrays[0].pointer + first, arrays[1].pointer + first, arrays[2].pointer + first)
    let start = monotonicNanoseconds()
    // As kernels take their rows: a tenth more than in turns (Zen 5, a quiet minute: reads 84 GB/s for 77, in place 117
    // for 110).
    pool.run(itemCount: items, order: .neighbouring) { item, worker in
      let offset = item * Self.itemFloats
      var part = tsr_machine_stream(
        count: Self.itemFloats, a: a + offset, b: b + offset, c: c + offset,
        sink: sinks + worker.index * Self.sinkStride, streaming: streaming)
      kernel(&part)
    }
    let nanoseconds = Double(monotonicNanoseconds() - start)
    return Double(items * Self.itemBytes) * (kind.mix.read + kind.mix.written) / nanoseconds
  }
}
