/// Shapes, layouts and options of one attention call.
///
///     s[b][h][i][j] = scale · Σ_d queries[b][h][i][d] · keys[b][g][j][d],  g = h / (Hq / Hkv)
///     s = softcap · tanh(s / softcap);  s += bias;  s −= slope · |i′ − j|;  s = −inf where an option hides j from i
///     output[b][h][i] = Σ_j dropout(softmax_j(s))[j] · values[b][g][j]
///     log-sum-exp[b][h][i] = ln Σ_j exp(s[b][h][i][j])
///
/// With a sink, the sums of the softmax and of the log-sum-exp have exp(sink) beside their keys. A query that sees no
/// key has output 0 and log-sum-exp −inf, or its sink. Checked as a whole when an `AttentionPlan` is made.
public struct AttentionProblem: Hashable, Sendable {
  /// B: sequences.
  public var batch: Int
  /// Hq: a multiple of Hkv; query heads g·Hq/Hkv ..< (g + 1)·Hq/Hkv share key-value head g.
  public var queryHeads: Int
  /// Hkv
  public var keyValueHeads: Int
  /// Lq: queries of each sequence, or of the longest, or room for them, where `queryLengths` are given.
  public var queryLength: Int
  /// Lk: keys and values of each sequence, or of the longest, or room for them, where `keyLengths` are given.
  public var keyLength: Int
  /// D of queries and keys: 1 to 512.
  public var headDimension: Int
  /// Dv of values and output: 1 to 512.
  public var valueDimension: Int

  /// The factor of the scores; 1 / √D unless given.
  public var scale: Float
  /// Which keys a query sees by its position.
  public var mask: AttentionMask = .full
  /// Where each sequence's query 0 stands among the keys, for mask and slopes: query i at offset + i, which may be
  /// before the first key or past the last. nil: as the mask's alignment says.
  public var queryOffsets: [Int]?
  /// The key positions at which each sequence's documents begin, ascending: a query sees keys of the document that it
  /// stands in and no others, besides what the mask hides. Positions before the first are a document too; those past
  /// the last key belong to the last. Of equal starts all documents but the last are empty. nil: one document.
  public var documentStarts: [[Int]]?
  /// How many queries each sequence has, 0 to Lq; what lies beyond is not there: it is never read and takes part in
  /// nothing. Where sequences are not packed its output is 0, its log-sum-exp −inf, and its queries' gradient 0. All Lq
  /// where nil.
  public var queryLengths: [Int]?
  /// How many keys each sequence has, 0 to Lk; what lies beyond is never read. All Lk where nil.
  public var keyLengths: [Int]?
  /// Where each sequence's queries begin in one list of tokens: then queries, output and their gradients have Hq planes
  /// of T rows, query i of sequence b at row queryStarts[b] + i, and log-sum-exps are Hq × T without gaps. Sequences
  /// share no row; rows that belong to none are not written. nil: each sequence has planes of its own.
  public var queryStarts: [Int]?
  /// The same of keys and values, in Hkv planes. Sequences may share rows, but not where gradients are computed.
  public var keyStarts: [Int]?
  /// Bounds scores smoothly to ± softcap before bias and mask: finite, 0 or more. nil or 0: no bound.
  public var softcap: Float?
  /// Where the additive bias lies, planes B·Hq of Lq × Lk floats; strides of 0 broadcast it. nil: no bias.
  public var bias: BatchedMatrixLayout?
  /// ALiBi: scores lose slope · |i′ − j| after the bias, i′ where query i stands among the keys. Without query offsets
  /// that is i (top-left) or i + Lk − Lq (bottom-right, also of a full mask), of the sequence's own lengths. nil: none.
  public var slopes: AttentionSlopes?
  /// Whether each query head has a sink, a logit that takes part in the softmax's sum and has no value. It is beside
  /// the scores as they are after all options, and −inf is none.
  public var hasSinks = false
  /// Where the Boolean mask, the operand `mask`, lies: planes B·Hq of Lq × Lk bytes, 0 hides a key; strides of 0
  /// broadcast it. nil: no mask.
  public var booleanMask: BatchedMatrixLayout?
  /// Which blocks of keys each block of queries sees. nil: all.
  public var blockMask: AttentionBlockMask?
  /// The probabilities' dropout; its planes are sequence · Hq + head, its rows queries, its columns keys. nil: none.
  public var dropout: Dropout?
  /// What stands for b in the dropout's plane, so that a sequence draws the same wherever it lies in a batch. 0 ..< B
  /// where nil.
  public var dropoutSequences: [Int]?

  /// Planes B·Hq of Lq × D; where sequences are packed, Hq of T × D, and so of what follows.
  public var queries: BatchedMatrixLayout
  /// Planes B·Hkv of Lk × D.
  public var keys: BatchedMatrixLayout
  /// Planes B·Hkv of Lk × Dv.
  public var values: BatchedMatrixLayout
  /// How keys and values are stored. Other than floats they come in `KeyValueRanges`.
  public var keyValueType = ElementType.float32
  /// Planes B·Hq of Lq × Dv.
  public var output: BatchedMatrixLayout
  /// Whether log-sum-exps are written, B × Hq × Lq or, packed, Hq × T without gaps: for the backward pass and
  /// `mergeAttention`. Forward then needs `keeping:`.
  public var writesLogSumExp = false
  /// Where the backward pass has its gradients; forward does not look at them.
  public var gradients: GradientLayouts

  /// The gradients' layouts: those that the initializer gives the operands, of the bias none. They do not change with
  /// an operand's layout that is changed later. But for the output's, which is read, elements must be apart: of keys
  /// that heads share, each head has gradients of its own.
  public struct GradientLayouts: Hashable, Sendable {
    /// Planes B·Hq of Lq × Dv.
    public var output: BatchedMatrixLayout
    /// Planes B·Hq of Lq × D.
    public var queries: BatchedMatrixLayout
    /// Planes B·Hkv of Lk × D.
    public var keys: BatchedMatrixLayout
    /// Planes B·Hkv of Lk × Dv.
    public var values: BatchedMatrixLayout
    /// Planes B·Hq of Lq × Lk, summed over what strides of 0 broadcast; usually the bias's own layout, but it need not
    /// broadcast what that does. nil: the gradient of the bias is not computed.
    public var bias: BatchedMatrixLayout?
  }

  /// Operands [B, H, L, D] or [B, L, H, D], without gaps; change the layouts for other places.
  public init(
    batch: Int, queryHeads: Int, keyValueHeads: Int? = nil, queryLength: Int, keyLength: Int? = nil,
    headDimension: Int, valueDimension: Int? = nil, order: HeadOrder = .headsFirst
  ) {
    let keyValueHeads = keyValueHeads ?? queryHeads
    let keyLength = keyLength ?? queryLength
    let valueDimension = valueDimension ?? headDimension
    self.batch = batch
    self.queryHeads = queryHeads
    self.keyValueHeads = keyValueHeads
    self.queryLength = queryLength
    self.keyLength = keyLength
    self.headDimension = headDimension
    self.valueDimension = valueDimension
    scale = 1 / Float(headDimension).squareRoot()
    func layout(_ heads: Int, _ rows: Int, _ columns: Int) -> BatchedMatrixLayout {
      BatchedMatrixLayout(batch: batch, heads: heads, rows: rows, columns: columns, order: order)
    }
    queries = layout(queryHeads, queryLength, headDimension)
    keys = layout(keyValueHeads, keyLength, headDimension)
    values = layout(keyValueHeads, keyLength, valueDimension)
    output = layout(queryHeads, queryLength, valueDimension)
    gradients = GradientLayouts(output: output, queries: queries, keys: keys, values: values)
  }

  /// Full attention of these extents, operands [B, H, L, D] without gaps.
  public init(_ extents: Extents) {
    self.init(
      batch: extents[.batch], queryHeads: extents[.queryHeads], keyValueHeads: extents[.keyValueHeads],
      queryLength: extents[.queryLength], keyLength: extents[.keyLength], headDimension: extents[.headDimension],
      valueDimension: extents[.valueDimension])
  }

  /// Query heads that share a key-value head. `@inlinable`, as is what items and rows ask of a problem: a call into
  /// another module would copy the problem, and count its references.
  @inlinable
  package var groupSize: Int { keyValueHeads == 0 ? 0 : queryHeads / keyValueHeads }
}
