/// Tokens that are being added to sequences of a cache: where their keys and values go, and what their queries see.
public struct KeyValueCacheStep: Sendable {
  public let sequences: [Int]
  /// The position of each sequence's first new token.
  public let starts: [Int]
  /// New tokens of each sequence.
  public let count: Int
  /// The keys that each sequence's queries may see, the new ones included; the last query stands at the last key.
  public let ranges: KeyValueRanges
  /// The position of each sequence's first key in `ranges`, from which columns of bias and Boolean mask, and query
  /// offsets, count: 0, or in a cache that rolls where the first new query's window begins, or up to 63 before.
  public let firstKeys: [Int]
  let shape: KeyValueCacheShape

  init(_ shape: KeyValueCacheShape, sequences: [Int], starts: [Int], count: Int) {
    (self.shape, self.sequences, self.starts, self.count) = (shape, sequences, starts, count)
    var ranges = KeyValueRanges(
      type: shape.type, keyStrides: .init(row: shape.keyRow, head: shape.capacity * shape.keyRow),
      valueStrides: .init(row: shape.valueRow, head: shape.capacity * shape.valueRow))
    firstKeys = starts.map { Self.firstKey(shape, start: $0) }
    for (place, sequence) in sequences.enumerated() {
      ranges.append(
        Self.ranges(shape, sequence: sequence, first: firstKeys[place], end: starts[place] + count))
    }
    self.ranges = ranges
  }

  /// The first new query sees the window that ends with its own key. Ranges end at multiples of the granule, as the
  /// capacity does, so the first key is one as well.
  private static func firstKey(_ shape: KeyValueCacheShape, start: Int) -> Int {
    shape.window.map { KeyValueRanges.granuleStart(of: max(0, start + 1 - $0)) } ?? 0
  }

  private static func ranges(
    _ shape: KeyValueCacheShape, sequence: Int, first: Int, end: Int
  ) -> [KeyValueRanges.Range] {
    var found: [KeyValueRanges.Range] = []
    var position = first
    while position < end {
      let slot = position % shape.capacity
      let count = min(end - position, shape.capacity - slot)
      let row = sequence * shape.keyValueHeads * shape.capacity + slot
      found.append(.init(count: count, keyOffset: row * shape.keyRow, valueOffset: row * shape.valueRow))
      position += count
    }
    return found
  }
}
