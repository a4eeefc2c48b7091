extension AttentionMask {
  /// One end of what the queries see, before it is cut to the keys: at `start` for query 0, moving by `step` a query.
  struct Edge: Equatable {
    var start: Int
    var step: Int

    func position(query index: Int) -> Int { start + index * step }
  }

  /// The edges between which the keys of 0 ..< keyLength that each query sees lie; where the end is not above the
  /// first, it sees none. A side that is open, or whose bound reaches past all keys, lies at the keys' own end. Query 0
  /// stands at `offset`, or where the alignment says.
  func edges(queryLength: Int, keyLength: Int, offset: Int? = nil) -> (first: Edge, end: Edge) {
    let (left, right, alignment): (Int?, Int?, Alignment)
    switch self {
    case .full: (left, right, alignment) = (nil, nil, .topLeft)
    case .causal(let edge): (left, right, alignment) = (nil, 0, edge)
    case .window(let before, let after, let edge): (left, right, alignment) = (before, after, edge)
    }
    let start = offset ?? (alignment == .topLeft ? 0 : keyLength - queryLength)
    // A query is never further from a key than this, so a bound that reaches further leaves its side open.
    let reach = queryLength + keyLength + abs(offset ?? 0)
    var first = Edge(start: 0, step: 0)
    var end = Edge(start: keyLength, step: 0)
    if let left, left != Self.openBound, left < reach { first = Edge(start: start - left, step: 1) }
    if let right, right != Self.openBound, right < reach { end = Edge(start: start + right + 1, step: 1) }
    return (first, end)
  }
}
