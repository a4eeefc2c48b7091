/// Tokens that are found in a text as they are spelled, before it is cut into words.
struct SpecialTokens: Sendable {
  /// A part of a text.
  enum Fragment: Equatable {
    case text(Range<Int>)
    case token(Int)
  }

  private typealias Token = (id: Int, bytes: ArraySlice<UInt8>, isControl: Bool, trims: Bool)

  /// Longest first, and of equals the lower id.
  private let tokens: [Token]
  private static let neverTrimming = ["<unk>", "<s>", "<|endoftext|>"]

  /// - Parameter trims: Whether white space after a token is left out; not after `<unk>`, `<s>` and `<|endoftext|>`.
  init(_ table: TokenTable, trims: Bool) {
    tokens = table.kinds.indices.filter { id in
      (table.kinds[id].isControl || table.kinds[id] == .userDefined) && !table.bytes(of: id).isEmpty
    }.map { id -> Token in
      let bytes = table.bytes(of: id)
      let trims = trims && !Self.neverTrimming.contains { $0.utf8.elementsEqual(bytes) }
      return (id: id, bytes: bytes, isControl: table.kinds[id].isControl, trims: trims)
    }.sorted { ($1.bytes.count, $0.id) < ($0.bytes.count, $1.id) }
  }

  /// The parts of a text in order. A longer token is found in the whole text before a shorter one, wherever they lie.
  /// A control token is not found where a byte of it is in `contents`, ranges in order.
  func split(_ bytes: [UInt8], parsesControlTokens: Bool, contents: [Range<Int>] = []) -> [Fragment] {
    var fragments: [Fragment] = bytes.isEmpty ? [] : [.text(0..<bytes.count)]
    var occurs = [Bool](repeating: false, count: 256)
    for byte in bytes { occurs[Int(byte)] = true }
    for token in tokens where parsesControlTokens || !token.isControl {
      guard token.bytes.allSatisfy({ occurs[Int($0)] }) else { continue }
      fragments = fragments.flatMap { fragment in
        guard case .text(let range) = fragment else { return [fragment] }
        return Self.split(bytes, range, at: token, outside: token.isControl ? contents : [])
      }
    }
    return fragments
  }

  private static func split(
    _ bytes: [UInt8], _ range: Range<Int>, at token: Token, outside contents: [Range<Int>]
  ) -> [Fragment] {
    var fragments: [Fragment] = []
    var start = range.lowerBound
    var place = start
    let (spelling, first) = (token.bytes, token.bytes[token.bytes.startIndex])
    while place + spelling.count <= range.upperBound {
      guard bytes[place] == first, bytes[place..<(place + spelling.count)] == spelling,
        !overlaps(contents, place..<(place + spelling.count))
      else {
        place += 1
        continue
      }
      if start < place { fragments.append(.text(start..<place)) }
      fragments.append(.token(token.id))
      place += spelling.count
      while token.trims, place < range.upperBound, CharacterClass(Unicode.Scalar(bytes[place])) == .space,
        bytes[place] < 0x80
      { place += 1 }
      start = place
    }
    if start < range.upperBound { fragments.append(.text(start..<range.upperBound)) }
    return fragments
  }

  private static func overlaps(_ contents: [Range<Int>], _ range: Range<Int>) -> Bool {
    var (low, high) = (0, contents.count)
    while low < high {
      let middle = (low + high) / 2
      if contents[middle].upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low < contents.count && contents[low].overlaps(range)
  }
}
