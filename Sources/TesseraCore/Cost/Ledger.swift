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
    /// The time from the end of the call before to the end of this one, in a ledger that times calls; else 0.
    public var nanoseconds = 0

    public init() {}
  }

  /// One call.
  public struct Call: Sendable {
    public let descriptor: OperatorDescriptor
    public let floatingPointOperations: Int
    /// Q, in its two parts.
    public let least: Traffic
    /// D.
    public let traffic: Traffic
    /// The call's time, as in an entry; 0 in a ledger that does not time calls.
    public let nanoseconds: Int
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var calls: [Call] = []
    var isPaused = false
    /// When the last call ended, or recording went on.
    var last: UInt64 = 0
  }

  private let state = Mutex(State())
  private let timesCalls: Bool
  private let keepsCalls: Bool

  /// With `timesCalls` a call's time is that since the one before it ended: of calls that follow each other in one
  /// thread, and with what the caller does in between. With `keepsCalls` each call is kept as well as added up.
  public init(timesCalls: Bool = false, keepsCalls: Bool = false) {
    (self.timesCalls, self.keepsCalls) = (timesCalls, keepsCalls)
  }

  /// What has been recorded since the start or the last `reset`.
  public var entries: [String: Entry] { state.withLock { $0.entries } }

  /// The calls since then, in the order in which they ended; none of a ledger that does not keep them.
  public var calls: [Call] { state.withLock { $0.calls } }

  /// Forgets everything.
  public func reset() {
    state.withLock { state in
      state.entries.removeAll()
      state.calls.removeAll()
    }
  }

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
    let least = descriptor.leastTraffic(extents, mode: mode)
    state.withLock { state in
      var entry = state.entries[descriptor.name] ?? Entry()
      entry.calls += 1
      entry.floatingPointOperations += flops
      entry.leastBytes += least.byteCount
      entry.traffic += traffic
      entry.isModelled = entry.isModelled || descriptor.isTrafficModelled
      let nanoseconds = timesCalls ? Int(now &- state.last) : 0
      entry.nanoseconds += nanoseconds
      state.entries[descriptor.name] = entry
      if keepsCalls {
        state.calls.append(
          Call(
            descriptor: descriptor, floatingPointOperations: flops, least: least, traffic: traffic,
            nanoseconds: nanoseconds))
      }
      // Recording is no part of the next call.
      if timesCalls { state.last = monotonicNanoseconds() }
    }
  }
}
