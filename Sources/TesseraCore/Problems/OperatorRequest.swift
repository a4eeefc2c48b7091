/// What a call is made from: sizes, options and, where they are not contiguous, layouts. The one description of a call:
/// library, oracle, verification and bench read it.
public struct OperatorRequest: Sendable {
  public var extents: Extents
  /// Layouts of matrix operands that are not contiguous, by operand name; planes count as rows.
  public var layouts: [String: MatrixLayout] = [:]
  /// Layouts of operands with planes, by operand name.
  public var batchedLayouts: [String: BatchedMatrixLayout] = [:]
  /// Whether what the backward pass needs is written.
  public var mode: ExecutionMode = .training
  /// The dropout's and the draws' seed, as in `Dropout`.
  public var seed: UInt64 = 0
  /// The offset, as in `Dropout`.
  public var offset: UInt32 = 0

  /// 0 to 1, for operators that drop.
  public var dropProbability = 0.1 { didSet { given.insert(.dropout) } }
  /// What the operator `scale`, and what fuses it, multiplies by.
  public var scale: Float = 1 { didSet { given.insert(.scale) } }
  /// The activation function of an operator that takes any.
  public var activation = Activation.relu { didSet { given.insert(.activation) } }
  /// Which columns a row of stored scores sees.
  public var mask = AttentionMask.full { didSet { given.insert(.mask) } }
  /// What a norm adds to the variance: finite, 0 or more.
  public var epsilon: Float = 1e-5 { didSet { given.insert(.epsilon) } }
  /// How the weights of an operator that reads them as stored are stored.
  public var weightType = ElementType.float32 { didSet { given.insert(.weightType) } }
  public var rotary = RotaryEmbeddingOptions() { didSet { given.insert(.rotary) } }
  /// How columns are drawn; seed and offset are the request's own.
  public var sampling = SamplingOptions() { didSet { given.insert(.sampling) } }
  /// The tokens that sampling's penalty is for, as many for each row; −1 for none.
  public var recentTokens: [Int32] = [] { didSet { given.insert(.sampling) } }
  /// How logits and targets become a loss.
  public var crossEntropy = CrossEntropyOptions() { didSet { given.insert(.crossEntropy) } }
  /// The step of an optimizer.
  public var adamW = AdamWOptions() { didSet { given.insert(.adamW) } }
  /// Attention's layouts and options. nil: the extents' full attention without options.
  public var attention: AttentionProblem?
  /// Whether operands that a call may lack are there: a fused norm's bias, a weight gradient's bias gradient.
  public var hasBias = true
  /// Whether inference, too, writes the sum that a fused norm normalises; of that norm's gradient, whether the sum has
  /// gone on on another way, whose gradient is added.
  public var returnsSum = false
  /// Whether a batched contraction's right operand is columns × depth rather than depth × columns.
  public var transposesRight = false
  /// Whether a linear map's weights are packed when they are first seen, and multiplied as `PackedWeights`.
  public var packsWeights = false
  /// Whether outputs that may be an input's memory are: what such a call leaves alone counts in no bytes.
  public var isInPlace = false

  /// Options that were set, also to the value that they have anyway.
  private var given: Set<OperatorOption> = []

  /// The options that the call asks for: those that were set, and what is not as usual.
  public var options: Set<OperatorOption> {
    let others: [(OperatorOption, Bool)] = [
      (.bias, !hasBias), (.sum, returnsSum), (.transposedRight, transposesRight), (.packedWeights, packsWeights),
      (.inPlace, isInPlace),
      (.attention, attention != nil), (.dropout, attention?.dropout != nil),
    ]
    return others.reduce(into: given) { options, other in if other.1 { options.insert(other.0) } }
  }

  public init(extents: Extents) { self.extents = extents }

  /// A call that splits queries, keys and values into heads.
  public init(_ problem: AttentionInputBiasProblem) {
    extents = problem.extents
    layouts = ["input": problem.input]
    batchedLayouts = ["queries": problem.queries, "keys": problem.keys, "values": problem.values]
  }

  /// A call of attention, not yet checked: of the extents, those that follow from mask and lengths are left out.
  package init(attention problem: AttentionProblem) {
    extents = [
      .batch: problem.batch, .queryHeads: problem.queryHeads, .keyValueHeads: problem.keyValueHeads,
      .queryLength: problem.queryLength, .keyLength: problem.keyLength, .headDimension: problem.headDimension,
      .valueDimension: problem.valueDimension,
    ]
    attention = problem
    mode = problem.writesLogSumExp ? .training : .inference
  }

  /// Throws for a probability outside 0 to 1.
  public var dropout: Dropout {
    get throws(TesseraError) { try Dropout(probability: dropProbability, seed: seed, offset: offset) }
  }

  /// The operand's layout: the given one, or contiguous with these extents.
  public func layout(_ operand: String, rows: Int, columns: Int) -> MatrixLayout {
    layouts[operand] ?? MatrixLayout(rows: rows, columns: columns)
  }
}

extension OperatorRequest {
  /// Attention's problem: the given one; else full attention of the extents, with the request's dropout in training.
  public var attentionProblem: AttentionProblem {
    get throws(TesseraError) {
      if let attention { return attention }
      var problem = AttentionProblem(extents)
      problem.writesLogSumExp = mode == .training
      problem.dropout = mode == .training ? try dropout : nil
      return problem
    }
  }
}
