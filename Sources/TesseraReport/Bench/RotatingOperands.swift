import Tessera

/// Operands for call after call, arranged so that a call finds none of its data in a cache.
///
/// Large operands rotate: when a set's turn comes again, `coldByteCount` bytes have been touched since. Sets of
/// operands so small that it would take very many of them are few, and that many bytes are swept before each call
/// instead.
final class RotatingOperands {
  private let sets: [OperandStorage]
  private let sweep: AlignedBuffer<UInt8>?
  private let pool: WorkerPool
  private var next = 0
  /// Of all sets.
  let byteCount: Int

  var setCount: Int { sets.count }

  /// Throws where they do not fit in memory beside `taken` bytes.
  init(_ problem: BenchProblem, beside taken: Int, coldByteCount: Int, pool: WorkerPool) throws(TesseraError) {
    self.pool = pool
    let (extents, mode) = (problem.request.extents, problem.request.mode)
    let bytes = problem.descriptor.leastTraffic(extents, mode: mode).byteCount
    let rotation = max(2, coldByteCount / max(1, bytes) + 2)
    let count = problem.isWarm ? 1 : min(rotation, Self.maximumSetCount)
    // A call may leave out part of its operands, as keys that no query sees; memory is for all.
    let whole = OperandStorage.byteCount(problem.descriptor, extents: extents, mode: mode, inPlace: problem.isInPlace)
    let (total, overflow) = whole.multipliedReportingOverflow(by: count)
    guard !overflow, total <= physicalMemoryBytes() / 4 * 3 - taken else {
      throw .outOfMemory(byteCount: overflow ? .max : total)
    }
    byteCount = total
    sets = try (0..<count).map { index throws(TesseraError) in
      try OperandStorage(
        problem.descriptor, extents: extents, mode: mode, inPlace: problem.isInPlace, seed: UInt64(index) &+ 1)
    }
    let mustSweep = !problem.isWarm && rotation > Self.maximumSetCount
    sweep = try mustSweep ? AlignedBuffer(repeating: 0, count: coldByteCount) : nil
  }

  /// The operands whose turn it is, out of the caches unless there is only one set.
  func take() -> OperandBuffers {
    defer { next = (next + 1) % sets.count }
    if let sweep { sweepCaches(sweep) }
    return sets[next].buffers
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
