import Tessera

/// Where the sequences of a problem lie.
package enum AttentionPacking: String, CaseIterable, Codable {
  /// In planes of their own, with room past their lengths.
  case padded
  /// Queries and keys one after the other.
  case packed
  /// The same, the last sequence first.
  case reversed = "packed in another order"
  /// Queries one after the other, keys in planes of their own.
  case packedQueries = "packed queries"
  /// The other way about.
  case packedKeys = "packed keys"

  /// The problem with these lengths, one a sequence.
  package func apply(
    to problem: inout AttentionProblem, queryLengths: [Int], keyLengths: [Int], order: HeadOrder
  ) {
    (problem.queryLengths, problem.keyLengths) = (queryLengths, keyLengths)
    guard self != .padded else { return }
    var packed = AttentionProblem(
      packed: queryLengths, keyLengths: keyLengths, queryHeads: problem.queryHeads,
      keyValueHeads: problem.keyValueHeads, headDimension: problem.headDimension,
      valueDimension: problem.valueDimension, order: order)
    if self == .reversed {
      packed.queryStarts = Self.reversed(queryLengths)
      packed.keyStarts = Self.reversed(keyLengths)
    }
    if self != .packedKeys {
      (problem.queryStarts, problem.queries, problem.output) = (packed.queryStarts, packed.queries, packed.output)
      (problem.gradients.queries, problem.gradients.output) = (packed.queries, packed.output)
    }
    if self != .packedQueries {
      (problem.keyStarts, problem.keys, problem.values) = (packed.keyStarts, packed.keys, packed.values)
      (problem.gradients.keys, problem.gradients.values) = (packed.keys, packed.values)
    }
  }

  /// Where sequences begin if the last lies first.
  private static func reversed(_ lengths: [Int]) -> [Int] {
    lengths.indices.map { lengths[($0 + 1)...].reduce(0, +) }
  }
}
