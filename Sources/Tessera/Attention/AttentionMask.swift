/// Which keys a query sees by its position.
///
/// A query's place among the keys is i′ = i (top-left) or i + Lk − Lq (bottom-right); where key lengths are given, Lk is
/// the sequence's own. What a position hides is −inf before the softmax; keys that no query of the call sees are not
/// read.
public enum AttentionMask: Hashable, Sendable {
  /// Every key.
  case full
  /// Keys j ≤ i′.
  case causal(alignment: Alignment = .bottomRight)
  /// Keys i′ − left ≤ j ≤ i′ + right; nil leaves that side open. Both are 0 or more.
  case window(left: Int?, right: Int?, alignment: Alignment = .bottomRight)

  /// Which ends of queries and keys meet where their lengths differ.
  public enum Alignment: String, CaseIterable, Hashable, Sendable {
    /// Query 0 stands at key 0.
    case topLeft
    /// The last query stands at the last key: queries go on where cached keys end.
    case bottomRight
  }
}

extension AttentionMask {
  /// The keys of 0 ..< keyLength that query `index` sees.
  @inline(__always)
  func visibleKeys(query index: Int, queryLength: Int, keyLength: Int) -> Range<Int> {
    let (left, right, alignment): (Int?, Int?, Alignment)
    switch self {
    case .full: return 0..<keyLength
    case .causal(let edge): (left, right, alignment) = (nil, 0, edge)
    case .window(let before, let after, let edge): (left, right, alignment) = (before, after, edge)
    }
    let place = alignment == .topLeft ? index : index + keyLength - queryLength
    // A bound past the keys is as good as none; clamping it first keeps the sums below from overflowing.
    let first = left.map { max(0, place - min($0, queryLength + keyLength)) } ?? 0
    let end = right.map { min(keyLength, place + 1 + min($0, queryLength + keyLength)) } ?? keyLength
    return first < end ? first..<end : 0..<0
  }

  /// The bounds to check, by name.
  var bounds: [(name: String, value: Int)] {
    guard case .window(let left, let right, _) = self else { return [] }
    return [("window's left", left), ("window's right", right)].compactMap { name, value in value.map { (name, $0) } }
  }
}
