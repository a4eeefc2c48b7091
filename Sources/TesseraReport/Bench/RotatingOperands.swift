import Tessera

/// Operands for run after run of one call or of several, arranged so that a call finds none of its data in a cache.
///
/// A set is the operands of all calls of a run. Large sets rotate: when a set's turn comes again, `coldByteCount` bytes
/// have been touched since. Sets so small that it would take very many of them are few, and that many bytes are swept
/// before each run instead.
final class RotatingOperands {
  private let sets: [[OperandStorage]]
  private let sweep: AlignedBuffer<UInt8>?
  private let pool: WorkerPool
  private var next = 0

  var setCount: Int { sets.count }

  /// Of the calls of a run, which are warm or cold alike. Throws where they do not fit in memory.
  init(_ problems: [BenchProblem], coldByteCount: Int, pool: WorkerPool) throws(TesseraError) {
    self.pool = pool
    let bytes = Self.sum(
      problems.map { $0.descriptor.leastTraffic($0.request.extents, mode: $0.request.mode).byteCount })
    let rotation = max(2, coldByteCount / max(1, bytes) + 2)
    let isWarm = problems.allSatisfy(\.isWarm)
    let count = isWarm ? 1 : min(rotation, Self.maximumSetCount)
    // A call may leave out part of its operands, as keys that no query sees; memory is for all.
    let whole = Self.sum(
      problems.map { problem in
        OperandStorage.byteCount(
          problem.descriptor, extents: problem.request.extents, mode: problem.request.mode, inPlace: problem.isInPlace)
      })
    let (total, overflow) = whole.multipliedReportingOverflow(by: count)
    guard !overflow, total <= physicalMemoryBytes() / 4 * 3 else {
      throw .outOfMemory(byteCount: overflow ? .max : total)
    }
    sets = try (0..<count).map { index throws(TesseraError) in
      try problems.map { problem throws(TesseraError) in
        try OperandStorage(
          problem.descriptor, extents: problem.request.extents, mode: problem.request.mode, inPlace: problem.isInPlace,
          seed: UInt64(index) &+ 1)
      }
    }
    let mustSweep = !isWarm && rotation > Self.maximumSetCount
    sweep = try mustSweep ? AlignedBuffer(repeating: 0, count: coldByteCount) : nil
  }

  /// Saturates: so much is refused anyway.
  private static func sum(_ byteCounts: [Int]) -> Int {
    byteCounts.reduce(0) { sum, byteCount in
      let (next, overflow) = sum.addingReportingOverflow(byteCount)
      return overflow ? .max : next
    }
  }

  /// The operands of each call of a run, whose turn it is, out of the caches unless there is only one set.
  func take() -> [OperandBuffers] {
    defer { next = (next + 1) % sets.count }
    if let sweep { sweepCaches(sweep) }
    return sets[next].map(\.buffers)
  }

  /// All threads write a part each, so that every core's own caches are swept too.
  private func sweepCaches(_ sweep: AlignedBuffer<UInt8>) {
    let itemBytes = 256 << 10
    let elements = sweep.elements
    pool.run(itemCount: (elements.count + itemBytes - 1) / itemBytes) { item, _ in
      let end = min(elements.count, (item + 1) * itemBytes)
      for position in stride(from: item * itemBytes, to: end, by: 64) { elements[position] &+= 1 }
    }
  }

  /// Rotations beyond this cost more in memory management than a sweep costs in time.
  private static let maximumSetCount = 64
}
