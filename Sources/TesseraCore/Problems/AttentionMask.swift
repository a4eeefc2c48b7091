/// Which keys a query sees by its position.
///
/// A query's place among the keys is i′ = i (top-left) or i + Lk − Lq (bottom-right); where lengths are given, Lk and
/// Lq are the sequence's own, and where attention's problem has query offsets, they say it. What a position hides is
/// −inf before the softmax; whole runs of 64 keys that no query of the call sees are not read.
public enum AttentionMask: Hashable, Sendable {
  /// Every key.
  case full
  /// Keys j ≤ i′.
  case causal(alignment: Alignment = .bottomRight)
  /// Keys i′ − left ≤ j ≤ i′ + right; nil or −1 leaves that side open. Both are −1 or more.
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
  /// A bound that is none, as other libraries write it.
  package static let openBound = -1

  /// The bounds to check, by name: of a side that is open there is none.
  package var bounds: [(name: String, value: Int)] {
    guard case .window(let left, let right, _) = self else { return [] }
    return [("window's left", left), ("window's right", right)].compactMap { name, value in
      value.flatMap { $0 == Self.openBound ? nil : (name, $0) }
    }
  }
}
