/// Which entry of a vocabulary has a spelling: a hash table with open addressing.
///
/// Spellings are compared by their bytes. `String` would take some for equal that differ, such as a composed letter and
/// its parts.
struct SpellingIndex: Sendable {
  let spellings: SpellingList
  /// An entry that has the same spelling as one before it; nil: none has.
  let repeated: (id: Int, earlier: Int)?
  /// Ids by hash; -1: free. At least half of them are.
  private let slots: [Int32]
  private let hash: SeededHash

  init(_ spellings: SpellingList) {
    precondition(spellings.count <= Int32.max)
    var slots = [Int32](repeating: -1, count: SeededHash.slotCount(for: spellings.count))
    var repeated: (id: Int, earlier: Int)?
    let hash = SeededHash()
    spellings.bytes.withUnsafeBytes { bytes in
      for id in spellings.indices where repeated == nil {
        let (start, end) = (spellings.starts[id], spellings.starts[id + 1])
        let slot = Self.slot(of: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), slots, spellings, bytes, hash)
        if slots[slot] >= 0 { repeated = (id, Int(slots[slot])) } else { slots[slot] = Int32(id) }
      }
    }
    (self.spellings, self.repeated, self.slots, self.hash) = (spellings, repeated, slots, hash)
  }

  func identifier(of spelling: ArraySlice<UInt8>) -> Int? { spelling.withUnsafeBytes { identifier(of: $0) } }

  func identifier(of spelling: UnsafeRawBufferPointer) -> Int? {
    let id = spellings.bytes.withUnsafeBytes { slots[Self.slot(of: spelling, slots, spellings, $0, hash)] }
    return id < 0 ? nil : Int(id)
  }

  /// Where a spelling is, or a free place for it.
  @inline(__always)
  private static func slot(
    of wanted: UnsafeRawBufferPointer, _ slots: [Int32], _ spellings: SpellingList, _ bytes: UnsafeRawBufferPointer,
    _ hash: SeededHash
  ) -> Int {
    var slot = hash(wanted) & (slots.count - 1)
    while slots[slot] >= 0 {
      let id = Int(slots[slot])
      let start = spellings.starts[id]
      if spellings.starts[id + 1] - start == wanted.count,
        (0..<wanted.count).allSatisfy({ bytes[start + $0] == wanted[$0] })
      {
        break
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }
}
