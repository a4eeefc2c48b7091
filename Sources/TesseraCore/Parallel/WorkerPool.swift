/// A fixed set of threads that run the work items of one call at a time.
///
/// Dispatching to threads that still spin costs well under a microsecond; waking sleeping ones 35–60 µs, which is why
/// they spin for a while first. Items are handed out one by one, so that a slow thread delays nobody.
///
/// Contract:
/// - `run` returns when every item has run; writes made by items are visible to the caller.
/// - Which thread runs an item is not defined. Items, and anything whose rounding depends on how work is cut, must
///   follow from the problem and never from `threadCount`.
/// - Concurrent callers: the pool serves one call at a time. A caller that finds it busy does not wait: it runs all of
///   its items itself, in order. The same happens to a call made from inside an item (nesting). Neither can deadlock.
/// - Swift tasks: `run` blocks the calling thread until its items are done and suspends nothing. Workers are threads
///   of the pool's own, so the concurrency runtime's threads are neither needed nor taken.
/// - More threads than processors is allowed: workers then sleep at once instead of spinning, and a call never waits
///   for a thread that has not yet begun one of its items.
/// - Fork: the child has none of the parent's threads. Its first `run` starts new ones. A child that is forked inside
///   an item must not return from it: it would wait for threads that it does not have.
/// - Threads end when the last reference to the pool goes.
public final class WorkerPool: Sendable {
  /// Threads that run items, the caller's among them; at least 1.
  public let threadCount: Int

  private let crew: ReplaceableCrew

  /// Starts `threadCount - 1` threads, which spin for a moment and then sleep.
  public init(threadCount: Int) throws(TesseraError) {
    guard (1...Self.maximumThreadCount).contains(threadCount) else {
      throw .invalidOperand(
        operation: "WorkerPool", operand: "threadCount", expected: "1 to \(Self.maximumThreadCount)",
        actual: "\(threadCount)")
    }
    self.threadCount = threadCount
    crew = ReplaceableCrew(threadCount: threadCount)
  }

  /// More than any machine that this library has been tried on; a guard against a mistyped environment variable.
  public static let maximumThreadCount = 1024

  /// Runs `body` once for each item in `0 ..< itemCount` and returns the bytes that all of them counted.
  ///
  /// Items run at the same time: what `body` captures must be fit for that, which the compiler does not check here,
  /// because kernels write disjoint parts of memory that they hold as pointers.
  /// `worker.index` lies in `0 ..< threadCount` and no two items that run at the same time share one within a call.
  @discardableResult
  public func run(itemCount: Int, order: ItemOrder = .inTurns, _ body: (_ item: Int, _ worker: Worker) -> Void)
    -> Traffic
  {
    if threadCount > 1, itemCount > 1, let traffic = crew.current().tryRun(itemCount: itemCount, order: order, body) {
      return traffic
    }
    return Self.runAlone(itemCount: itemCount, body)
  }

  private static func runAlone(itemCount: Int, _ body: (_ item: Int, _ worker: Worker) -> Void) -> Traffic {
    var traffic = Traffic()
    withUnsafeMutablePointer(to: &traffic) { counter in
      for item in 0..<max(0, itemCount) { body(item, Worker(index: 0, traffic: counter)) }
    }
    return traffic
  }
}

/// Which of the items that are left a thread takes next.
public enum ItemOrder: Sendable {
  /// The first: an item may wait for those before it (`FinishedItems`).
  case inTurns
  /// The next of a share of neighbouring items, and when that is done, of another thread's: for items that read on
  /// where the one before them ended or find its data in the cache, as what a processor has asked for ahead is then its
  /// own.
  case neighbouring
}

/// What an item knows about the thread that runs it.
public struct Worker {
  /// Selects this thread's share of a workspace.
  public let index: Int
  /// This thread's byte counter for the call.
  @usableFromInline let traffic: UnsafeMutablePointer<Traffic>

  /// Counts what an item, or a part of one, moved.
  @inlinable
  public func count(_ moved: Traffic) { count(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes) }

  /// The same, in bytes.
  @inlinable
  public func count(readBytes: Int, writtenBytes: Int) {
    traffic.pointee.add(readBytes: readBytes, writtenBytes: writtenBytes)
  }
}
