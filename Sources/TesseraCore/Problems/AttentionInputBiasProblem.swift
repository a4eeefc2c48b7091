/// Sizes and layouts of one call that adds the bias of queries, keys and values and splits them into heads.
///
///     queries[b][h][i][d] = input[b·L + i][h·D + d] + bias[h·D + d]
///     keys[b][g][i][d]    = input[b·L + i][(Hq + g)·D + d] + bias[(Hq + g)·D + d]
///     values[b][g][i][d]  = input[b·L + i][(Hq + Hkv + g)·D + d] + bias[(Hq + Hkv + g)·D + d]
public struct AttentionInputBiasProblem: Hashable, Sendable {
  /// B: sequences.
  public var batch: Int
  /// L: tokens of each sequence.
  public var length: Int
  /// Hq
  public var queryHeads: Int
  /// Hkv, of keys and of values.
  public var keyValueHeads: Int
  /// D
  public var headDimension: Int

  /// B·L token rows of (Hq + 2·Hkv)·D, as the joint projection writes them; any row stride.
  public var input: MatrixLayout
  /// Planes B·Hq of L × D; the heads of a sequence at equal distances.
  public var queries: BatchedMatrixLayout
  /// Planes B·Hkv of L × D; the heads of a sequence at equal distances.
  public var keys: BatchedMatrixLayout
  /// Planes B·Hkv of L × D; the heads of a sequence at equal distances.
  public var values: BatchedMatrixLayout

  /// Everything without gaps, outputs [B, H, L, D] or [B, L, H, D]; change the layouts for other places.
  public init(
    batch: Int, length: Int, queryHeads: Int, keyValueHeads: Int? = nil, headDimension: Int,
    order: HeadOrder = .headsFirst
  ) {
    let keyValueHeads = keyValueHeads ?? queryHeads
    self.batch = batch
    self.length = length
    self.queryHeads = queryHeads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    // Extents are checked when a plan is made; until then a product may wrap.
    input = MatrixLayout(
      rows: batch &* length, columns: (queryHeads &+ 2 &* keyValueHeads) &* headDimension)
    func layout(_ heads: Int) -> BatchedMatrixLayout {
      BatchedMatrixLayout(batch: batch, heads: heads, rows: length, columns: headDimension, order: order)
    }
    queries = layout(queryHeads)
    keys = layout(keyValueHeads)
    values = layout(keyValueHeads)
  }

  /// The same with every output where `input` has its elements.
  public var inPlace: AttentionInputBiasProblem {
    var problem = self
    func part(_ heads: Int, from first: Int) -> BatchedMatrixLayout {
      BatchedMatrixLayout(
        planes: batch &* heads, innerPlanes: max(1, heads), rows: length, columns: headDimension,
        outerStride: length &* input.rowStride, innerStride: headDimension, rowStride: input.rowStride,
        offset: input.offset &+ first &* headDimension)
    }
    problem.queries = part(queryHeads, from: 0)
    problem.keys = part(keyValueHeads, from: queryHeads)
    problem.values = part(keyValueHeads, from: queryHeads &+ keyValueHeads)
    return problem
  }

  /// What its operands' sizes follow from.
  package var extents: Extents {
    [
      .batch: batch, .queryHeads: queryHeads, .keyValueHeads: keyValueHeads, .queryLength: length,
      .headDimension: headDimension,
    ]
  }

  /// The outputs in the order in which they lie in the input.
  package var outputs: InlineArray<3, (operand: String, layout: BatchedMatrixLayout, heads: Int)> {
    [("queries", queries, queryHeads), ("keys", keys, keyValueHeads), ("values", values, keyValueHeads)]
  }
}
