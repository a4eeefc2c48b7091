/// Tokens that are found in a text as they are spelled, before it is cut into words.
struct SpecialTokens: Sendable {
  /// A part of a text.
  enum Fragment: Equatable {
    case text(Range<Int>)
    case token(Int)
  }

  /// Longest first, and of equals the lower id.
  private let tokens: [(id: Int, bytes: ArraySlice<UInt8>, isControl: Bool)]

  init(_ table: TokenTable) {
    tokens = table.kinds.indices.filter { id in
      (table.kinds[id].isControl || table.kinds[id] == .userDefined) && !table.bytes(of: id).isEmpty
    }.map { (id: $0, bytes: table.bytes(of: $0), isControl: table.kinds[$0].isControl) }
      .sorted { ($1.bytes.count, $0.id) < ($0.bytes.count, $1.id) }
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
        return Self.split(bytes, range, at: token.bytes, token.id, outside: token.isControl ? contents : [])
      }
    }
    return fragments
  }

  private static func split(
    _ bytes: [UInt8], _ range: Range<Int>, at token: ArraySlice<UInt8>, _ id: Int, outside contents: [Range<Int>]
  ) -> [Fragment] {
    var fragments: [Fragment] = []
    var start = range.lowerBound
    var place = start
    let first = token[token.startIndex]
    while place + token.count <= range.upperBound {
      guard bytes[place] == first, bytes[place..<(place + token.count)] == token,
        !overlaps(contents, place..<(place + token.count))
      else {
        place += 1
        continue
      }
      if start < place { fragments.append(.text(start..<place)) }
      fragments.append(.token(id))
      place += token.count
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
