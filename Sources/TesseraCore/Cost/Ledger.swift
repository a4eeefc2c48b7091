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

    public init() {}
  }

  private let state = Mutex<[String: Entry]>([:])

  public init() {}

  /// What has been recorded since the start or the last `reset`.
  public var entries: [String: Entry] { state.withLock { $0 } }

  /// Forgets everything.
  public func reset() { state.withLock { $0.removeAll() } }

  /// Adds one finished call.
  public func record(
    _ descriptor: OperatorDescriptor, extents: Extents, mode: ExecutionMode, traffic: Traffic
  ) {
    let flops = descriptor.floatingPointOperations(extents)
    let leastBytes = descriptor.leastTraffic(extents, mode: mode).byteCount
    state.withLock { entries in
      var entry = entries[descriptor.name] ?? Entry()
      entry.calls += 1
      entry.floatingPointOperations += flops
      entry.leastBytes += leastBytes
      entry.traffic += traffic
      entry.isModelled = entry.isModelled || descriptor.isTrafficModelled
      entries[descriptor.name] = entry
    }
  }
}
