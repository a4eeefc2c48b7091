import Tessera

/// What a bench of attention sets besides extents, dropout and mode.
public struct BenchAttention: Hashable, Sendable {
  public var mask = AttentionMask.full
  public var softcap: Float?
  /// One for each sequence.
  public var keyLengths: [Int]?
  public var hasBias = false
  public var hasBooleanMask = false
  /// Which dimensions of the scores share one bias and one Boolean mask.
  public var broadcast: Set<Broadcast> = [.batch, .heads]

  public enum Broadcast: String, CaseIterable, Hashable, Sendable {
    case batch, heads, queries
  }

  public init() {}

  /// Extents that follow from others where they are left out: one sequence, as many key-value heads as query heads, as
  /// many keys as queries, values as wide as keys.
  static func completed(_ extents: [Extent: Int], of descriptor: OperatorDescriptor) -> [Extent: Int] {
    let usual: [(Extent, Int?)] = [
      (.batch, 1), (.keyValueHeads, extents[.queryHeads]), (.keyLength, extents[.queryLength]),
      (.valueDimension, extents[.headDimension]),
    ]
    return usual.filter { descriptor.extents.contains($0.0) }.reduce(into: extents) { extents, line in
      extents[line.0] = extents[line.0] ?? line.1
    }
  }

  /// The problem of these extents, contiguous [B, H, L, D].
  func problem(_ extents: [Extent: Int], dropout: Dropout?, mode: ExecutionMode) -> AttentionProblem {
    var problem = AttentionProblem(
      batch: extents[.batch]!, queryHeads: extents[.queryHeads]!, keyValueHeads: extents[.keyValueHeads]!,
      queryLength: extents[.queryLength]!, keyLength: extents[.keyLength]!, headDimension: extents[.headDimension]!,
      valueDimension: extents[.valueDimension]!)
    problem.mask = mask
    problem.softcap = softcap
    problem.keyLengths = keyLengths
    problem.dropout = dropout
    problem.writesLogSumExp = mode == .training
    let scores = BatchedMatrixLayout(
      scoresOf: problem, broadcastingBatch: broadcast.contains(.batch), heads: broadcast.contains(.heads),
      queries: broadcast.contains(.queries))
    problem.bias = hasBias ? scores : nil
    problem.booleanMask = hasBooleanMask ? scores : nil
    return problem
  }
}
