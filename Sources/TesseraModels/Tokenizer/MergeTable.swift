import Tessera

/// Which pairs of tokens are joined, in which order, and to what.
struct MergeTable: Sendable {
  /// The rank of a pair that is not in the list.
  static let none = UInt32.max
  private let ranks: PairRanks
  /// What a pair is joined to, by rank.
  let joined: [Int32]

  /// Merges that keep a text's bytes as they are: all three tokens are text, and the third has the bytes of the others.
  init(_ merges: SpellingList, of table: TokenTable) throws(TesseraError) {
    guard merges.count < Int(Self.none) else {
      throw TokenizerError.invalid("merges", expected: "fewer than \(Self.none)", actual: "\(merges.count)")
    }
    var ranks = PairRanks(capacity: merges.count)
    var joined: [Int32] = []
    joined.reserveCapacity(merges.count)
    var spelling: [UInt8] = []
    for rank in merges.indices {
      func failure(expected: String) -> TesseraError {
        TokenizerError.invalid(
          "merges[\(rank)]", expected: expected, actual: TokenizerError.quoted(merges[rank]))
      }
      func textToken(_ spelling: ArraySlice<UInt8>) throws(TesseraError) -> Int {
        guard let id = table.identifier(of: spelling), table.isText(id) else {
          let spelling = TokenizerError.quoted(String(decoding: spelling, as: UTF8.self))
          throw failure(expected: "\(spelling) among the tokens of text")
        }
        return id
      }
      let merge = merges.bytes(of: rank)
      guard let blank = merge.firstIndex(of: UInt8(ascii: " ")), blank > merge.startIndex, blank < merge.endIndex - 1
      else { throw failure(expected: "two tokens with a blank between them") }
      let (left, right) = (try textToken(merge[..<blank]), try textToken(merge[(blank + 1)...]))
      spelling.removeAll(keepingCapacity: true)
      spelling += merge[..<blank]
      spelling += merge[(blank + 1)...]
      let whole = try textToken(spelling[...])
      let bytes = table.bytes(of: whole)
      guard bytes.starts(with: table.bytes(of: left)),
        bytes.dropFirst(table.bytes(of: left).count) == table.bytes(of: right)
      else { throw failure(expected: "a pair that is joined to a token of the same bytes") }
      guard ranks.insert(Int32(left), Int32(right), rank: UInt32(rank)) else {
        throw failure(expected: "each merge once")
      }
      joined.append(Int32(whole))
    }
    (self.ranks, self.joined) = (ranks, joined)
  }

  /// The place of a pair in the list; `none`: it is not joined.
  func rank(_ left: Int32, _ right: Int32) -> UInt32 { ranks.rank(left, right) }
}
