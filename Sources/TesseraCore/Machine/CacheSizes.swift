/// Data and unified caches as one core sees them. In bytes.
public struct CacheSizes: Hashable, Codable, Sendable {
  public var level1: Int
  public var level2: Int
  /// The whole last level, shared or not.
  public var level3: Int
  /// How many of the processors that this system shows share the last level.
  public var level3Sharers: Int

  public init(level1: Int, level2: Int, level3: Int, level3Sharers: Int) {
    self.level1 = level1
    self.level2 = level2
    self.level3 = level3
    self.level3Sharers = level3Sharers
  }

  /// A core's own levels and its share of level 3, together at most `fastMemoryLimit` where its own are smaller.
  public var fastMemoryBytes: Int {
    max(ownBytes, min(ownBytes + level3 / max(1, level3Sharers), Self.fastMemoryLimit))
  }

  /// The largest level that a core has for itself.
  var ownBytes: Int { max(level1, level2) }

  /// The most that a core is believed to keep: a virtual machine is told of the whole of a level that it shares with
  /// others whom it does not see.
  public static let fastMemoryLimit = 32 << 20

  /// What must be touched between two uses of the same data for the second to find it in memory: four times what all
  /// processors may keep, but 64 to 512 MiB.
  ///
  /// Four, because caches do not replace in exact order of use, and because a level that its other users leave alone
  /// keeps more than was believed (docs/measuring.md).
  public func coldByteCount(processors: Int) -> Int {
    min(max(4 * fastMemoryBytes * max(processors, level3Sharers, 1), 64 << 20), 512 << 20)
  }

  /// `coldByteCount` of this machine.
  public static let currentColdByteCount = current.coldByteCount(processors: ProcessorCount.online)

  /// This machine's, read once; a middling server's where the system does not tell.
  public static let current =
    detected() ?? CacheSizes(level1: 32 << 10, level2: 1 << 20, level3: 32 << 20, level3Sharers: 8)
}
