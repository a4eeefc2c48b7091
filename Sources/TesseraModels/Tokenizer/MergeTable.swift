import Tessera

/// Which pairs of tokens are joined, in which order, and to what.
struct MergeTable: Sendable {
  /// The rank of a pair that is not in the list.
  static let none = UInt32.max
  private var ranks: [UInt64: UInt32] = [:]
  /// What a pair is joined to, by rank.
  private(set) var joined: [Int32] = []

  /// Merges that keep a text's bytes as they are: all three tokens are text, and the third has the bytes of the others.
  init(_ merges: [String], of table: TokenTable) throws {
    guard merges.count < Int(Self.none) else {
      throw TokenizerError.invalid("merges", expected: "fewer than \(Self.none)", actual: "\(merges.count)")
    }
    ranks.reserveCapacity(merges.count)
    joined.reserveCapacity(merges.count)
    var spelling: [UInt8] = []
    for (rank, merge) in merges.enumerated() {
      spelling.removeAll(keepingCapacity: true)
      spelling += merge.utf8
      guard let blank = spelling.firstIndex(of: UInt8(ascii: " ")), blank > 0, blank < spelling.count - 1 else {
        throw Self.invalid(rank, expected: "two tokens with a blank between them", merge)
      }
      let left = try Self.textToken(spelling[..<blank], table, rank, merge)
      let right = try Self.textToken(spelling[(blank + 1)...], table, rank, merge)
      spelling.remove(at: blank)
      let joined = try Self.textToken(spelling[...], table, rank, merge)
      let bytes = table.bytes(of: joined)
      guard bytes.starts(with: table.bytes(of: left)),
        bytes.dropFirst(table.bytes(of: left).count) == table.bytes(of: right)
      else {
        throw Self.invalid(rank, expected: "a pair that is joined to a token of the same bytes", merge)
      }
      guard ranks.updateValue(UInt32(rank), forKey: Self.key(Int32(left), Int32(right))) == nil else {
        throw Self.invalid(rank, expected: "each merge once", merge)
      }
      self.joined.append(Int32(joined))
    }
  }

  /// The place of a pair in the list; `none`: it is not joined.
  func rank(_ left: Int32, _ right: Int32) -> UInt32 { ranks[Self.key(left, right)] ?? Self.none }

  private static func textToken(
    _ spelling: ArraySlice<UInt8>, _ table: TokenTable, _ rank: Int, _ merge: String
  ) throws -> Int {
    guard let id = table.identifier(of: spelling), !table.kinds[id].isControl else {
      let spelling = TokenizerError.quoted(String(decoding: spelling, as: UTF8.self))
      throw invalid(rank, expected: "\(spelling) among the tokens of text", merge)
    }
    return id
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  private static func invalid(_ rank: Int, expected: String, _ merge: String) -> TesseraError {
    TokenizerError.invalid("merges[\(rank)]", expected: expected, actual: TokenizerError.quoted(merge))
  }
}
