import Tessera

/// Joins the bytes of a word to tokens. Keeps its memory from word to word.
///
/// The symbols of the word are a linked list by position; a heap holds the pairs that can be joined, lowest rank first
/// and leftmost of equals. A pair that has changed since stays in the heap and is passed over when it comes up.
struct BytePairMerger {
  /// The token that starts at a position; `unknown`: its byte has none.
  private var tokens: [Int32] = []
  private var previous: [Int] = []
  private var next: [Int] = []
  /// The rank of the pair that starts at a position.
  private var ranks: [UInt32] = []
  private var heap = MinimumHeap()
  /// No token has it, so that no merge does.
  private static let unknown: Int32 = -1

  /// Appends the tokens of one word. Throws where a byte has no token, unless such bytes are dropped.
  mutating func append(
    _ word: ArraySlice<UInt8>, _ table: TokenTable, _ merges: MergeTable, dropsUnknownBytes: Bool, to ids: inout [Int]
  ) throws(TesseraError) {
    let count = word.count
    precondition(count < Int(UInt32.max), "a word's positions are 32 bits wide")
    tokens.removeAll(keepingCapacity: true)
    for (position, byte) in zip(word.indices, word) {
      if table.byteTokens[Int(byte)] == nil, !dropsUnknownBytes {
        throw TokenizerError.invalid(
          "text, byte \(position)", expected: "bytes that the vocabulary has tokens for",
          actual: "0x\(String(byte, radix: 16))")
      }
      tokens.append(table.byteTokens[Int(byte)] ?? Self.unknown)
    }
    join(count, merges)
    var position = 0
    while position < count {
      if tokens[position] != Self.unknown { ids.append(Int(tokens[position])) }
      position = next[position]
    }
  }

  private mutating func join(_ count: Int, _ merges: MergeTable) {
    previous.removeAll(keepingCapacity: true)
    next.removeAll(keepingCapacity: true)
    previous.append(contentsOf: -1..<(count - 1))
    next.append(contentsOf: 1..<(count + 1))
    ranks.removeAll(keepingCapacity: true)
    ranks.append(contentsOf: repeatElement(MergeTable.none, count: count))
    for position in 0..<count { consider(position, count, merges) }
    while let entry = heap.removeMinimum() {
      let position = Int(entry & 0xFFFF_FFFF)
      let rank = UInt32(entry >> 32)
      guard ranks[position] == rank else { continue }
      let right = next[position]
      tokens[position] = merges.joined[Int(rank)]
      next[position] = next[right]
      ranks[right] = MergeTable.none
      if next[right] < count { previous[next[right]] = position }
      consider(position, count, merges)
      if previous[position] >= 0 { consider(previous[position], count, merges) }
    }
  }

  /// Looks the pair up that now starts at a position.
  private mutating func consider(_ position: Int, _ count: Int, _ merges: MergeTable) {
    let right = next[position]
    let rank = right < count ? merges.rank(tokens[position], tokens[right]) : MergeTable.none
    ranks[position] = rank
    if rank != MergeTable.none { heap.insert(UInt64(rank) << 32 | UInt64(position)) }
  }
}
