/// Bytes moved between main memory and fast memory, and how often they were added up.
///
/// A worker's counter while a call runs, and the sum over workers after it.
public struct Traffic: Hashable, Sendable {
  /// Bytes loaded.
  public var readBytes: Int
  /// Bytes stored.
  public var writtenBytes: Int
  /// How many times a loop added to this counter: what counting itself costs.
  public var updates: Int

  public init(readBytes: Int = 0, writtenBytes: Int = 0, updates: Int = 0) {
    self.readBytes = readBytes
    self.writtenBytes = writtenBytes
    self.updates = updates
  }

  /// D of the definitions: loads and stores, once each.
  public var byteCount: Int { readBytes + writtenBytes }

  /// Counts one streamed tile.
  @inlinable
  public mutating func add(readBytes: Int, writtenBytes: Int) {
    self.readBytes &+= readBytes
    self.writtenBytes &+= writtenBytes
    updates &+= 1
  }

  public static func += (sum: inout Traffic, other: Traffic) {
    sum.readBytes += other.readBytes
    sum.writtenBytes += other.writtenBytes
    sum.updates += other.updates
  }
}
