import Tessera

/// Joins the characters of a text to tokens. Keeps its memory from text to text.
struct SentencePieceMerger {
  private var pairs = PairMerger()
  private var symbols: Symbols

  init(_ pieces: SentencePieces, _ table: TokenTable) { symbols = Symbols(pieces: pieces, table: table) }

  /// Appends the tokens of a text, before which comes a blank where it begins or follows a special token. Throws where
  /// a byte has no token, unless such bytes are dropped.
  mutating func append(
    _ text: ArraySlice<UInt8>, begins: Bool, dropsUnknownBytes: Bool, to ids: inout [Int]
  ) throws(TesseraError) {
    symbols.spell(text, startsWithBlank: begins && symbols.pieces.addsSpacePrefix)
    let count = symbols.starts.count - 1
    pairs.merge(&symbols, count: count)
    var position = 0
    while position < count {
      let next = pairs.next[position]
      let spelling = symbols.text[symbols.starts[position]..<symbols.starts[next]]
      if let id = symbols.pieces.token(spelling, symbols.table) {
        ids.append(id)
      } else {
        for byte in spelling {
          if let id = symbols.table.byteTokens[Int(byte)] {
            ids.append(Int(id))
          } else if !dropsUnknownBytes {
            throw TokenizerError.unknown(byte, at: nil)
          }
        }
      }
      position = next
    }
  }

  private struct Symbols: MergedSymbols {
    let pieces: SentencePieces
    let table: TokenTable
    var text: [UInt8] = []
    /// Where each character starts in the text, and where the last one ends.
    var starts: [Int] = []

    init(pieces: SentencePieces, table: TokenTable) { (self.pieces, self.table) = (pieces, table) }

    func rank(_ left: Int, _ right: Int, end: Int) -> UInt32 {
      pieces.token(text[starts[left]..<starts[end]], table).map { pieces.ranks[$0] } ?? MergeTable.none
    }

    /// What is joined is known by where it starts and ends.
    func join(_ position: Int, _ rank: UInt32) {}

    /// Takes a text in, with U+2581 for blanks. A byte that is not part of well-formed UTF-8 is a character.
    mutating func spell(_ part: ArraySlice<UInt8>, startsWithBlank: Bool) {
      text.removeAll(keepingCapacity: true)
      if startsWithBlank { text += SentencePieces.blank }
      for byte in part {
        if byte == UInt8(ascii: " ") { text += SentencePieces.blank } else { text.append(byte) }
      }
      starts.removeAll(keepingCapacity: true)
      var place = 0
      while place < text.count {
        starts.append(place)
        place += UTF8Sequence.scalar(at: place, of: text[...])?.1 ?? 1
      }
      starts.append(text.count)
    }
  }
}
