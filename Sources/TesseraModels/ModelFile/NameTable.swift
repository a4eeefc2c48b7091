/// The records of a file by their names: where each begins, in the file's order, and a hash table over that. (The
/// tokenizer's `SpellingIndex` has its spellings in memory instead.)
///
/// Names stay in the file, so that a record costs at most 19 bytes here (8 for its place, and 4 in each of at most 8 /
/// 3 slots), whatever its name and contents. Names are hashed and compared by their bytes: `String`'s own hash and `==`
/// are the same for é and e with an accent, so that a file could be made of names that all collide. The hash is seeded
/// by process.
struct NameTable: Sendable {
  /// Where the records begin, in the file's order.
  private(set) var places: [Int] = []
  /// Index of a record plus 1, or 0; at most three quarters are taken.
  private var slots: [UInt32] = []

  /// - Parameter capacity: no more than the file has room for.
  init(capacity: Int = 0) {
    places.reserveCapacity(capacity)
    slots = Array(repeating: 0, count: Self.slotCount(for: capacity))
  }

  /// Adds a record; false where there is one of that name.
  mutating func insert(_ name: String, place: Int, nameAt: (Int) -> String) -> Bool {
    if places.count + 1 > slots.count / 4 * 3 { grow(nameAt: nameAt) }
    let (slot, found) = search(name, nameAt: nameAt)
    guard !found else { return false }
    places.append(place)
    slots[slot] = UInt32(places.count)
    return true
  }

  func place(of name: String, nameAt: (Int) -> String) -> Int? {
    let (slot, found) = search(name, nameAt: nameAt)
    return found ? places[Int(slots[slot]) - 1] : nil
  }

  /// The slot of a name, or the free one where it would stand.
  private func search(_ name: String, nameAt: (Int) -> String) -> (slot: Int, found: Bool) {
    let mask = slots.count - 1
    var (name, hasher) = (name, Hasher())
    name.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    var slot = hasher.finalize() & mask
    while slots[slot] != 0 {
      if nameAt(places[Int(slots[slot]) - 1]).utf8.elementsEqual(name.utf8) { return (slot, true) }
      slot = (slot + 1) & mask
    }
    return (slot, false)
  }

  private mutating func grow(nameAt: (Int) -> String) {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (index, place) in places.enumerated() {
      slots[search(nameAt(place), nameAt: nameAt).slot] = UInt32(index + 1)
    }
  }

  private static func slotCount(for capacity: Int) -> Int {
    var count = 8
    while count / 4 * 3 < capacity { count *= 2 }
    return count
  }
}
