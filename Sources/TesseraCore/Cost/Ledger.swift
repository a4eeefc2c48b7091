import Synchronization

/// Adds up what calls did, under their operators' names.
///
/// Give one to an `ExecutionContext` and every call made there is recorded once, when it ends.
public final class Ledger: Sendable {
  /// The sums of one operator.
  public struct Entry: Hashable, Sendable {
    public var calls = 0
    public var floatingPointOperations = 0
    /// Q, in bytes.
    public var leastBytes = 0
    /// D, with the number of counter updates that it took.
    public var traffic = Traffic()
    /// Whether some of D was taken as Q because it could not be counted.
    public var isModelled = false
    /// From the end of the call before to the end of this one, of a ledger that times calls; else 0.
    public var nanoseconds = 0

    public init() {}
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var isPaused = false
    /// When the last call ended, or recording went on.
    var last: UInt64 = 0
  }

  private let state = Mutex(State())
  private let timesCalls: Bool

  /// With `timesCalls` a call's time is that since the one before it ended: of calls that follow each other in one
  /// thread, and with what the caller does in between.
  public init(timesCalls: Bool = false) { self.timesCalls = timesCalls }

  /// What has been recorded since the start or the last `reset`.
  public var entries: [String: Entry] { state.withLock { $0.entries } }

  /// Forgets everything.
  public func reset() { state.withLock { $0.entries.removeAll() } }

  /// Records nothing until `resume`: recording a call costs about a microsecond.
  public func pause() { state.withLock { $0.isPaused = true } }

  /// Goes on recording; time counts from here.
  public func resume() {
    let now = timesCalls ? monotonicNanoseconds() : 0
    state.withLock { ($0.isPaused, $0.last) = (false, now) }
  }

  /// Adds one finished call.
  public func record(
    _ descriptor: OperatorDescriptor, extents: Extents, mode: ExecutionMode, traffic: Traffic
  ) {
    guard !state.withLock({ $0.isPaused }) else { return }
    let now = timesCalls ? monotonicNanoseconds() : 0
    let flops = descriptor.floatingPointOperations(extents)
    let leastBytes = descriptor.leastTraffic(extents, mode: mode).byteCount
    state.withLock { state in
      var entry = state.entries[descriptor.name] ?? Entry()
      entry.calls += 1
      entry.floatingPointOperations += flops
      entry.leastBytes += leastBytes
      entry.traffic += traffic
      entry.isModelled = entry.isModelled || descriptor.isTrafficModelled
      if timesCalls {
        entry.nanoseconds += Int(now &- state.last)
        // Recording is no part of the next call.
        state.last = monotonicNanoseconds()
      }
      state.entries[descriptor.name] = entry
    }
  }
}
