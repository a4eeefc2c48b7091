import CTesseraKernels

/// How fast the processors read working sets of growing size, all at once, and up to which size they keep them.
public struct FastMemoryMeasurement: Sendable {
  public struct Point: Hashable, Codable, Sendable {
    /// Of each processor's own working set.
    public var bytesPerProcessor: Int
    /// All processors together, in their best pass.
    public var gigabytesPerSecond: Double

    public init(bytesPerProcessor: Int, gigabytesPerSecond: Double) {
      self.bytesPerProcessor = bytesPerProcessor
      self.gigabytesPerSecond = gigabytesPerSecond
    }
  }

  /// Powers of two beyond a core's own levels, up to what follows from the caches' sizes; in rising order.
  public let points: [Point]
  /// The rate of a cold pass, which memory gives.
  public let memory: Point
  /// The capacity that follows, a power of two or what a core's own levels have.
  public let byteCount: Int

  /// Reads for about half a second on every usable processor. Throws where memory is short.
  public init(sizes: CacheSizes) throws(TesseraError) {
    try self.init(sizes: sizes, rounds: 12, coldByteCount: CacheSizes.currentColdByteCount)
  }

  /// Smaller cold passes measure caches rather than memory: for tests.
  package init(sizes: CacheSizes, rounds: Int, coldByteCount: Int) throws(TesseraError) {
    let pool = try WorkerPool(threadCount: min(ProcessorCount.usable, WorkerPool.maximumThreadCount))
    let reader = try WorkingSetReader(
      pool: pool, bytesPerThread: max(coldByteCount / pool.threadCount, sizes.fastMemoryBytes))
    let workingSets = Self.workingSets(sizes)
    var best = [Double](repeating: 0, count: workingSets.count + 1)
    // In turns, so that slow moments of a shared machine fall on all sizes; a neighbour only ever makes a pass slower.
    for _ in 0..<rounds {
      for (index, bytes) in workingSets.enumerated() {
        best[index] = max(best[index], reader.gigabytesPerSecond(bytesPerThread: bytes, warmPasses: 1))
      }
      best[workingSets.count] = max(
        best[workingSets.count], reader.gigabytesPerSecond(bytesPerThread: reader.bytesPerThread, warmPasses: 0))
    }
    points = zip(workingSets, best).map { Point(bytesPerProcessor: $0, gigabytesPerSecond: $1) }
    memory = Point(bytesPerProcessor: reader.bytesPerThread, gigabytesPerSecond: best.last!)
    byteCount = Self.capacity(points, memory: memory.gigabytesPerSecond, own: sizes.ownBytes)
  }

  package static func workingSets(_ sizes: CacheSizes) -> [Int] {
    (0..<Int.bitWidth - 1).map { 1 << $0 }.filter { $0 > sizes.ownBytes && $0 <= sizes.fastMemoryBytes }
  }

  /// The largest working set that is read, as all smaller ones are, nearer to the rate of the smallest than to memory's
  /// (by the geometric mean); `own` where the smallest is read no faster than a third above memory's rate.
  package static func capacity(_ points: [Point], memory: Double, own: Int) -> Int {
    guard let first = points.first, first.gigabytesPerSecond > memory * 4 / 3 else { return own }
    let least = (first.gigabytesPerSecond * memory).squareRoot()
    return points.prefix { $0.gigabytesPerSecond >= least }.last!.bytesPerProcessor
  }
}

/// Memory of which each thread reads a part of its own.
private final class WorkingSetReader {
  let bytesPerThread: Int
  private let pool: WorkerPool
  private let buffer: AlignedBuffer<Float>
  private let sinks: AlignedBuffer<Float>
  private let rates: AlignedBuffer<Double>
  private let read = MachineKernels.variants.best(for: .best).read

  /// A whole mebibyte at least, which is what the kernels walk best.
  init(pool: WorkerPool, bytesPerThread: Int) throws(TesseraError) {
    self.pool = pool
    self.bytesPerThread = max(1, bytesPerThread >> 20) << 20
    let floats = self.bytesPerThread / MemoryLayout<Float>.stride
    buffer = try AlignedBuffer(uninitializedCount: pool.threadCount * floats)
    sinks = try AlignedBuffer(repeating: 0, count: pool.threadCount * Self.sinkStride)
    rates = try AlignedBuffer(repeating: 0, count: pool.threadCount)
    let buffer = buffer
    pool.run(itemCount: pool.threadCount) { part, _ in
      (buffer.pointer + part * floats).update(repeating: 1, count: floats)
    }
  }

  /// The sum of the threads' rates over a pass, after passes that are not timed.
  func gigabytesPerSecond(bytesPerThread bytes: Int, warmPasses: Int) -> Double {
    let (read, buffer, sinks, rates) = (read!, buffer.pointer, sinks.pointer, rates.pointer)
    let floats = bytesPerThread / MemoryLayout<Float>.stride
    pool.run(itemCount: pool.threadCount) { part, worker in
      var stream = tsr_machine_stream(
        count: bytes / MemoryLayout<Float>.stride, a: buffer + part * floats, b: nil, c: nil,
        sink: sinks + worker.index * Self.sinkStride, streaming: false)
      for _ in 0..<warmPasses { read(&stream) }
      let start = monotonicNanoseconds()
      read(&stream)
      rates[part] = Double(bytes) / Double(max(1, monotonicNanoseconds() - start))
    }
    return (0..<pool.threadCount).reduce(0) { $0 + rates[$1] }
  }

  /// Two cache lines apart, because processors fetch lines in pairs.
  private static let sinkStride = 32
}
