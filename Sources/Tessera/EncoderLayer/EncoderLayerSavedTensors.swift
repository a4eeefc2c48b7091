/// What an encoder layer's backward pass needs besides input and weights. Dropouts' masks are not among it: seed and
/// offsets make them again. What a pre-norm layer's first norm normalises is the input.
public struct EncoderLayerSavedTensors: Sendable {
  /// What attention's half maps, B·L × I, in a pre-norm layer; nil in a post-norm one, where it is the input.
  public let attentionInput: AlignedBuffer<Float>?
  /// The statistics of a pre-norm layer's first norm; nil in a post-norm one.
  public let inputStatistics: LayerNormSavedTensors?
  /// Queries, keys and values after the bias, one after the other, each [B, H, L, D].
  public let queryKeyValue: AlignedBuffer<Float>
  /// What attention keeps: its log-sum-exp for each query of each head.
  public let attention: AttentionSavedTensors
  /// Attention's result, which the out map maps, B·L × I.
  public let attended: AlignedBuffer<Float>
  /// The sum after attention, and its norm's statistics.
  public let afterAttention: BiasDropoutResidualLayerNormSavedTensors
  /// What the feed-forward half maps, B·L × I.
  public let feedforwardInput: AlignedBuffer<Float>
  /// Linear 1's result before its bias, B·L × U; nil with ReLU, whose result says enough.
  public let activationInput: AlignedBuffer<Float>?
  /// The result of activation and dropout, which linear 2 maps, B·L × U; nil where the backward pass makes it again.
  public let activated: AlignedBuffer<Float>?
  /// The sum after the feed-forward half and its norm's statistics; nil in a pre-norm layer, where the sum is the
  /// output.
  public let afterFeedforward: BiasDropoutResidualLayerNormSavedTensors?

  /// What the memory was made for; a layer takes it only where sizes, placement and what is kept of the
  /// activation are its own.
  let problem: EncoderLayerProblem
  /// Tokens of each sequence in the forward call that wrote the tensors last; `noLength` where none has. Copies share
  /// them, as they share the tensors.
  let lengths: AlignedBuffer<Int>

  /// Throws for a problem that is wrong, is for inference, or does not fit in memory.
  public init(for problem: EncoderLayerProblem) throws(TesseraError) {
    try problem.check()
    guard problem.mode == .training else {
      throw .invalidOperand(
        operation: EncoderLayerProblem.operation, operand: "keeping", expected: "a problem in training",
        actual: problem.mode.rawValue)
    }
    let (tokens, hidden) = (problem.tokens, problem.hidden)
    func tokenRows(of columns: Int) throws(TesseraError) -> AlignedBuffer<Float> {
      try AlignedBuffer(uninitializedCount: tokens * columns)
    }
    attentionInput = problem.normalization == .pre ? try tokenRows(of: hidden) : nil
    inputStatistics = problem.normalization == .pre ? try LayerNormSavedTensors(rows: tokens) : nil
    queryKeyValue = try tokenRows(of: 3 * hidden)
    attention = try AttentionSavedTensors(for: try problem.attention)
    attended = try tokenRows(of: hidden)
    afterAttention = try BiasDropoutResidualLayerNormSavedTensors(rows: tokens, columns: hidden)
    feedforwardInput = try tokenRows(of: hidden)
    activationInput = problem.keepsActivationInput ? try tokenRows(of: problem.feedforward) : nil
    activated = problem.keepsActivated ? try tokenRows(of: problem.feedforward) : nil
    afterFeedforward =
      problem.normalization == .post
      ? try BiasDropoutResidualLayerNormSavedTensors(rows: tokens, columns: hidden) : nil
    lengths = try AlignedBuffer(repeating: Self.noLength, count: problem.batch)
    self.problem = problem
  }

  /// What `fits` asks for, for errors.
  static let kindred = "of a problem of the same sizes, normalization, activation and recomputesActivated"

  /// Whether a call of this problem finds the memory that it writes.
  func fits(_ other: EncoderLayerProblem) -> Bool {
    (problem.batch, problem.length, problem.hidden, problem.heads, problem.feedforward)
      == (other.batch, other.length, other.hidden, other.heads, other.feedforward)
      && problem.normalization == other.normalization
      && problem.keepsActivationInput == other.keepsActivationInput
      && problem.keepsActivated == other.keepsActivated
  }

  /// Memory of tensors that is held from a forward call to its backward one.
  public var byteCount: Int {
    let buffers = buffers
    return buffers.indices.reduce(0) {
      $0 + ElementType.float32.byteCount(ofElements: buffers[$1]?.count ?? 0)
    }
  }

  /// All tensors.
  package var buffers: InlineArray<15, UnsafeMutableBufferPointer<Float>?> {
    [
      attentionInput?.elements, inputStatistics?.mean.elements, inputStatistics?.inverseDeviation.elements,
      queryKeyValue.elements, attention.logSumExp.elements, attended.elements,
      afterAttention.sum.elements, afterAttention.mean.elements, afterAttention.inverseDeviation.elements,
      feedforwardInput.elements, activationInput?.elements, activated?.elements, afterFeedforward?.sum.elements,
      afterFeedforward?.mean.elements, afterFeedforward?.inverseDeviation.elements,
    ]
  }
}
