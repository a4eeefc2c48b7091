/// The ranks of pairs of tokens: a hash table with open addressing.
struct PairRanks: Sendable {
  /// Pairs by hash; a rank of `MergeTable.none`: free. At least half of them are.
  private var slots: [(pair: UInt64, rank: UInt32)]
  private let hash = SeededHash()

  /// - Parameter capacity: how many pairs are inserted at most.
  init(capacity: Int) {
    slots = Array(repeating: (0, MergeTable.none), count: SeededHash.slotCount(for: capacity))
  }

  /// Whether the pair is new.
  mutating func insert(_ left: Int32, _ right: Int32, rank: UInt32) -> Bool {
    let pair = Self.pair(left, right)
    let slot = slot(of: pair)
    guard slots[slot].rank == MergeTable.none else { return false }
    slots[slot] = (pair, rank)
    return true
  }

  /// `MergeTable.none`: the pair has none.
  func rank(_ left: Int32, _ right: Int32) -> UInt32 { slots[slot(of: Self.pair(left, right))].rank }

  /// Where a pair is, or a free place for it.
  private func slot(of pair: UInt64) -> Int {
    var slot = hash(pair) & (slots.count - 1)
    while slots[slot].rank != MergeTable.none, slots[slot].pair != pair { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}
