import Tessera

/// Joins the bytes of a word to tokens. Keeps its memory from word to word.
struct BytePairMerger {
  private var pairs = PairMerger()
  private var symbols: Symbols

  init(_ merges: MergeTable) { symbols = Symbols(merges: merges) }

  private struct Symbols: MergedSymbols {
    let merges: MergeTable
    /// The token that starts at a position; `unknown`: its byte has none.
    var tokens: [Int32] = []
    /// No token has it, so that no merge does.
    static let unknown: Int32 = -1

    func rank(_ left: Int, _ right: Int, end: Int) -> UInt32 { merges.rank(tokens[left], tokens[right]) }

    mutating func join(_ position: Int, _ rank: UInt32) { tokens[position] = merges.joined[Int(rank)] }
  }

  /// Appends the tokens of one word. Throws where a byte has no token, unless such bytes are dropped.
  mutating func append(
    _ word: ArraySlice<UInt8>, _ table: TokenTable, dropsUnknownBytes: Bool, to ids: inout [Int]
  ) throws(TesseraError) {
    symbols.tokens.removeAll(keepingCapacity: true)
    for (position, byte) in zip(word.indices, word) {
      if table.byteTokens[Int(byte)] == nil, !dropsUnknownBytes {
        throw TokenizerError.unknown(byte, at: position)
      }
      symbols.tokens.append(table.byteTokens[Int(byte)] ?? Symbols.unknown)
    }
    pairs.merge(&symbols, count: word.count)
    var position = 0
    while position < word.count {
      if symbols.tokens[position] != Symbols.unknown { ids.append(Int(symbols.tokens[position])) }
      position = pairs.next[position]
    }
  }
}
