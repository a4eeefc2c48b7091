/// A binary heap of numbers, the least on top.
struct MinimumHeap {
  private var entries: [UInt64] = []

  mutating func insert(_ entry: UInt64) {
    var place = entries.count
    entries.append(entry)
    while place > 0, entries[(place - 1) / 2] > entry {
      entries[place] = entries[(place - 1) / 2]
      place = (place - 1) / 2
    }
    entries[place] = entry
  }

  mutating func removeMinimum() -> UInt64? {
    guard let minimum = entries.first, let last = entries.popLast() else { return nil }
    guard !entries.isEmpty else { return minimum }
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < entries.count else { break }
      if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
      guard entries[child] < last else { break }
      entries[place] = entries[child]
      place = child
    }
    entries[place] = last
    return minimum
  }
}
