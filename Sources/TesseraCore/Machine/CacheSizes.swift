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

  /// A core's share of level 2 and level 3: the default capacity of the byte model.
  public var fastMemoryBytes: Int { level2 + level3 / max(1, level3Sharers) }

  /// The largest level there is, as data must exceed it to come from memory.
  public var lastLevel: Int { max(level1, level2, level3) }

  /// This machine's, read once; a middling server's where the system does not tell.
  public static let current =
    detected() ?? CacheSizes(level1: 32 << 10, level2: 1 << 20, level3: 32 << 20, level3Sharers: 8)
}
