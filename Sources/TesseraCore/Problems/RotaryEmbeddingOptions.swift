/// Which columns of a head make a pair that is turned.
public enum RotaryPairing: String, CaseIterable, Codable, Sendable {
  /// Columns 2i and 2i + 1, as in the paper.
  case interleaved
  /// Columns i and i + half of those that are rotated, as in GPT-NeoX and models after it.
  case halfSplit = "half-split"
}

/// What the catalog makes a call of rotary embedding from, besides extents and layouts.
public struct RotaryEmbeddingOptions: Hashable, Sendable {
  public var pairing = RotaryPairing.interleaved
  /// How many of a head's first columns are rotated; nil: all, but for the last of an odd number.
  public var rotatedColumns: Int?
  public var base = 10000.0
  public var frequencyScale = 1.0
  /// What each pair's frequency is divided by; nil: 1.
  public var divisors: [Float]?
  /// How many sequences the planes are cut into; each has as many heads.
  public var sequences = 1
  /// The position of each sequence's first row; nil: 0.
  public var starts: [Int]?

  public init() {}

  /// The columns that are rotated in heads of so many.
  public func rotated(of columns: Int) -> Int { rotatedColumns ?? columns / 2 * 2 }
}
