/// How matrix products are cut, where it was measured what is best; nil leaves it to the engine, which goes by the
/// sizes of caches. No result depends on it.
public struct ProductTuning: Hashable, Codable, Sendable {
  /// Rows that pass a part of the right operand while that is in the caches, 12 or more; fewer where they have no room.
  public var rowsPerBlock: Int?
  /// Whether a right operand that several blocks of rows pass is packed whole before; never where it has no room in the
  /// fast memory.
  public var packsWhole: Bool?

  public init(rowsPerBlock: Int? = nil, packsWhole: Bool? = nil) {
    (self.rowsPerBlock, self.packsWhole) = (rowsPerBlock, packsWhole)
  }
}
