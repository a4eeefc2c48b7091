/// Which entry of a vocabulary has a spelling: a hash table with open addressing over all spellings in one array.
///
/// Spellings are compared by their bytes. `String` would take some for equal that differ, such as a composed letter and
/// its parts. A dictionary of byte arrays would allocate one for each entry and each look-up, which is most of what it
/// takes to make a tokenizer.
struct SpellingIndex: Sendable {
  private var bytes: [UInt8] = []
  /// Where each entry's spelling starts, and where the last one ends.
  private var starts = [0]
  /// Ids by hash; -1: free. At least half of them are.
  private var slots: [Int32]

  init(capacity: Int) {
    slots = [Int32](repeating: -1, count: 1 << (Int.bitWidth - (2 * capacity).leadingZeroBitCount))
    starts.reserveCapacity(capacity + 1)
  }

  /// Adds the next entry and gives nil, or the id of an entry that has the same spelling.
  mutating func insert(_ spelling: String) -> Int? {
    precondition(2 * starts.count <= slots.count, "at most as many entries as were reserved")
    bytes += spelling.utf8
    let slot = slot(of: bytes[starts[starts.count - 1]...])
    guard slots[slot] < 0 else { return Int(slots[slot]) }
    slots[slot] = Int32(starts.count - 1)
    starts.append(bytes.count)
    return nil
  }

  func identifier(of spelling: ArraySlice<UInt8>) -> Int? {
    let id = slots[slot(of: spelling)]
    return id < 0 ? nil : Int(id)
  }

  /// Where a spelling is, or a free place for it.
  private func slot(of spelling: ArraySlice<UInt8>) -> Int {
    spelling.withUnsafeBytes { wanted in
      // Seeded anew in every process, so that no file can be made of spellings that collide.
      var hasher = Hasher()
      hasher.combine(bytes: wanted)
      var slot = hasher.finalize() & (slots.count - 1)
      while slots[slot] >= 0, !isSpelled(Int(slots[slot]), wanted) { slot = (slot + 1) & (slots.count - 1) }
      return slot
    }
  }

  private func isSpelled(_ id: Int, _ wanted: UnsafeRawBufferPointer) -> Bool {
    let start = starts[id]
    guard starts[id + 1] - start == wanted.count else { return false }
    return bytes.withUnsafeBytes { bytes in
      for place in 0..<wanted.count where bytes[start + place] != wanted[place] { return false }
      return true
    }
  }
}
