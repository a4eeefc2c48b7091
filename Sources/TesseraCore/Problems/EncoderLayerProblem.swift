/// Sizes and options of a transformer encoder layer: B sequences of L tokens, hidden width I in H heads, feed-forward
/// width U.
///
///     post:  a = norm1(dropout(attend(x) + outBias) + x)
///            output = norm2(dropout(feed(a) + bias2) + a)
///     pre:   a = dropout(attend(norm1(x)) + outBias) + x
///            output = dropout(feed(norm2(a)) + bias2) + a
///     attend(x) = attention(x · Wqkvᵀ + qkvBias) · Woutᵀ
///     feed(x) = dropout(activation(x · W1ᵀ + bias1)) · W2ᵀ
///
/// Vaswani et al., "Attention Is All You Need" (2017), has the first; Xiong et al., "On Layer Normalization in the
/// Transformer Architecture" (ICML 2020), the second. Checked as a whole when a layer, weights or activations are made.
public struct EncoderLayerProblem: Hashable, Sendable {
  /// B
  public var batch: Int
  /// L: tokens of each sequence, or room for them where `keyLengths` are given.
  public var length: Int
  /// I: a multiple of the heads.
  public var hidden: Int
  /// H, of I / H columns each: at most 512.
  public var heads: Int
  /// U
  public var feedforward: Int

  public var normalization = NormalizationPlacement.post
  public var activation = Activation.relu
  /// The dropout of all `EncoderLayerDropout` places; the offset is the first one's, the others follow it. nil: none.
  /// Inference drops nothing, whatever stands here.
  public var dropout: Dropout?
  /// What both norms add to the variance.
  public var epsilon: Float = 1e-5
  /// Which tokens a token attends to by its place in the sequence; the mask's alignment makes no difference, because a
  /// token's place is the same among queries and keys, whatever the sequence's length.
  public var mask = AttentionMask.full
  /// Tokens of each sequence, 0 to L, all L where nil: attention has as many queries of it as keys. The rows behind
  /// them are padding, of which attention reads nothing and whose result it makes 0; all else is done to padding as to
  /// tokens. Neither pass lets anything of padding's rows into those of tokens. Parameters' gradients are sums over all
  /// rows: padding adds 0 to them where its output gradient is 0 and its input finite.
  public var keyLengths: [Int]?
  /// Whether training keeps the activation's input alone, and the backward pass makes what linear 2 reads from it
  /// again, with `bias-activation-dropout`. Same bits. Between the passes B·L·U floats less are held; the pass reads
  /// B·L·U floats more and writes as many, in memory that it has anyway. The forward layer has a place for B·L·U floats
  /// instead, which serves all calls of that layer. Without effect in inference, and with ReLU, of which the result
  /// alone is kept.
  public var recomputesActivated = false
  public var mode: ExecutionMode
  /// Where the tokens lie: B·L rows of I.
  public var input: MatrixLayout
  /// Where the result goes: B·L rows of I.
  public var output: MatrixLayout

  /// Tokens without gaps; change the layouts for other places.
  public init(
    batch: Int, length: Int, hidden: Int, heads: Int, feedforward: Int, mode: ExecutionMode = .inference
  ) {
    self.batch = batch
    self.length = length
    self.hidden = hidden
    self.heads = heads
    self.feedforward = feedforward
    self.mode = mode
    // Extents are checked when the problem is used; until then a product may wrap.
    input = MatrixLayout(rows: batch &* length, columns: hidden)
    output = input
  }
}

/// Where an encoder layer's norms stand.
public enum NormalizationPlacement: String, CaseIterable, Hashable, Sendable {
  /// A norm after each residual.
  case post
  /// A norm before attention and one before the feed-forward half.
  case pre
}

/// The places of an encoder layer where elements are dropped; the number is added to the dropout's offset.
public enum EncoderLayerDropout: UInt32, CaseIterable, Hashable, Sendable {
  case attention, out, feedforward, out2
}
