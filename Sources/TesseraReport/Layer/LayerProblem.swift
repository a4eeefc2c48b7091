import Tessera

/// Sizes and options of an encoder layer: B sequences of L tokens, hidden width I in H heads of P = I / H, feed-forward
/// width U.
public struct LayerProblem: Hashable, Sendable {
  public let batch: Int
  public let length: Int
  public let hidden: Int
  public let heads: Int
  public let feedforward: Int
  /// The drop probability of each of the four dropouts.
  public let dropout: Double
  /// The seed of the dropouts, and of the numbers in inputs and parameters.
  public let seed: UInt64
  /// Of the library's own layer, where that is measured.
  public let encoderLayerOptions: EncoderLayerOptions

  /// The layer of the paper's tables is the default, BERT-large.
  ///
  /// Throws for an extent below 1 or above `Extent.largest`, a hidden width that the heads do not divide, a drop
  /// probability outside 0 ... 1, and sizes whose tensors would take more than `memoryLimit` bytes. Its default leaves
  /// three eighths of the memory: the machine measurement's arrays may take that much. With `withEncoderLayer`, what
  /// the library's own layer takes in both modes counts too; a pass that goes back needs its gradients.
  public init(
    batch: Int = 8, length: Int = 512, hidden: Int = 1024, heads: Int = 16, feedforward: Int = 4096,
    dropout: Double = 0.1, seed: UInt64 = 1, withEncoderLayer: Bool = false,
    encoderLayerOptions: EncoderLayerOptions = EncoderLayerOptions(), pass: LayerPass = .forward,
    memoryLimit: Int = physicalMemoryBytes() / 8 * 5
  ) throws(TesseraError) {
    for (operand, extent) in [
      ("batch", batch), ("length", length), ("hidden", hidden), ("heads", heads), ("feedforward", feedforward),
    ] where !(1...Extent.largest).contains(extent) {
      throw Self.invalid(operand, expected: "1 to \(Extent.largest)", actual: "\(extent)")
    }
    guard hidden % heads == 0 else {
      throw Self.invalid("hidden", expected: "a multiple of the number of heads, \(heads)", actual: "\(hidden)")
    }
    guard dropout >= 0, dropout <= 1 else {
      throw Self.invalid("dropout", expected: "0 to 1", actual: "\(dropout)")
    }
    self.batch = batch
    self.length = length
    self.hidden = hidden
    self.heads = heads
    self.feedforward = feedforward
    self.dropout = dropout
    self.seed = seed
    self.encoderLayerOptions = encoderLayerOptions
    var needed = roughByteCount + (withEncoderLayer ? roughEncoderLayerByteCount : 0)
    if pass.hasBackward {
      needed += roughGradientByteCount + (withEncoderLayer ? roughEncoderLayerGradientByteCount : 0)
    }
    guard needed <= Double(memoryLimit) else {
      throw Self.invalid(
        "batch, length, hidden, heads, feedforward",
        expected: "sizes whose tensors fit in \(Self.mebibytes(Double(memoryLimit))) of this machine's memory",
        actual: "sizes that need \(Self.mebibytes(needed))")
    }
  }

  /// Rows of the matrices that hold a token a row: B · L.
  public var tokens: Int { batch * length }
  /// Columns of one head: P.
  public var headWidth: Int { hidden / heads }
  /// Matrices of the batched contractions: B · H.
  public var planes: Int { batch * heads }

  /// About what the tensors take together; in floating point, because it is asked before products are known to fit.
  private var roughByteCount: Double {
    let (tokens, hidden) = (Double(batch) * Double(length), Double(hidden))
    let inner = Double(feedforward)
    let scores = Double(batch) * Double(heads) * Double(length) * Double(length)
    let activations = 17 * tokens * hidden + 4 * tokens * inner + 4 * scores
    let masks = 2 * tokens * hidden + tokens * inner + scores
    return 4 * activations + masks + 4 * (4 * hidden * hidden + 2 * hidden * inner)
  }

  /// About what `EncoderLayer` takes in training and in inference together: weights, input and output of both, what
  /// training keeps, and the workspace of both. With another activation than ReLU what linear 2 reads is kept beside
  /// the activation's input, or has a place in the forward layer.
  private var roughEncoderLayerByteCount: Double {
    let (tokens, hidden, inner) = (Double(batch) * Double(length), Double(hidden), Double(feedforward))
    let weights = 2 * (4 * hidden * hidden + 2 * hidden * inner)
    let activated = encoderLayerOptions.activation == .relu ? 0 : inner
    let activations =
      tokens * (4 * hidden + 7 * hidden + inner + activated + 2 * hidden + max(3 * hidden, inner + hidden))
    return 4 * (weights + activations)
  }

  /// About what the rows of the backward pass write.
  private var roughGradientByteCount: Double {
    let (tokens, hidden, inner) = (Double(batch) * Double(length), Double(hidden), Double(feedforward))
    let scores = Double(batch) * Double(heads) * Double(length) * Double(length)
    let activations = 16 * tokens * hidden + 3 * tokens * inner + tokens * max(inner, 3 * hidden) + 4 * scores
    return 4 * (activations + 4 * hidden * hidden + 2 * hidden * inner)
  }

  /// About what `EncoderLayerBackward` takes: gradients of weights, of input and output, and its workspace.
  private var roughEncoderLayerGradientByteCount: Double {
    let (tokens, hidden, inner) = (Double(batch) * Double(length), Double(hidden), Double(feedforward))
    return 4 * (4 * hidden * hidden + 2 * hidden * inner + tokens * (5 * hidden + max(3 * hidden, inner)))
  }

  private static func mebibytes(_ bytes: Double) -> String {
    // Past 2^63 bytes the digits mean nothing any more.
    bytes < 0x1p63 ? "\(Int(bytes) >> 20) MiB" : "more than 2^63 bytes"
  }

  private static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: "encoder-layer", operand: operand, expected: expected, actual: actual)
  }
}
