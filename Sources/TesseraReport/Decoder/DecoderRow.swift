import Tessera
import TesseraModels

/// A row of a decoder's tables: one call of a pass.
public struct DecoderRow: Hashable, Sendable {
  public let id: String
  /// What the call does, with the name that the weight has in a file, where it is a matrix.
  public let name: String
  /// Operators that do it, by the catalog's names.
  let operators: [String]

  private init(_ id: String, _ name: String, _ operators: OperatorDescriptor...) {
    (self.id, self.name, self.operators) = (id, name, operators.map(\.name))
  }

  /// Calls before the layers, in `DecoderPass`'s order.
  static let first = [DecoderRow("embedding", "embedding: token_embd", .embeddingRows)]

  /// Those of a layer, in order, each with whether the layer has it.
  private static let possible: [(row: DecoderRow, isIn: @Sendable (DecoderWeights.Layer) -> Bool)] = [
    // Before the first layer there is nothing to add to the residual stream.
    (DecoderRow("attention-norm", "attention norm", .biasDropoutResidualRMSNorm, .rmsNorm), { _ in true }),
    (DecoderRow("queries", "Q: attn_q", .storedLinear), { _ in true }),
    (DecoderRow("keys", "K: attn_k", .storedLinear), { _ in true }),
    (DecoderRow("values", "V: attn_v", .storedLinear), { _ in true }),
    (DecoderRow("query-bias", "bias of Q", .bias), { $0.biases.queries != nil }),
    (DecoderRow("key-bias", "bias of K", .bias), { $0.biases.keys != nil }),
    (DecoderRow("value-bias", "bias of V", .bias), { $0.biases.values != nil }),
    (DecoderRow("query-norm", "norm of Q's heads", .rmsNorm), { $0.queryNorm != nil }),
    (DecoderRow("key-norm", "norm of K's heads", .rmsNorm), { $0.keyNorm != nil }),
    (DecoderRow("cache-append", "cache append, K rotated", .cacheAppend(.float32)), { _ in true }),
    (DecoderRow("rotary", "rotary of Q", .rotaryEmbedding), { _ in true }),
    (DecoderRow("attention", "attention", .attention), { _ in true }),
    (DecoderRow("attention-output", "out: attn_output", .storedLinear), { _ in true }),
    (DecoderRow("feed-forward-norm", "feed-forward norm", .biasDropoutResidualRMSNorm, .rmsNorm), { _ in true }),
    (DecoderRow("gate", "gate: ffn_gate", .storedLinear), { _ in true }),
    (DecoderRow("up", "up: ffn_up", .storedLinear), { _ in true }),
    (DecoderRow("gate-bias", "bias of gate", .bias), { $0.biases.gate != nil }),
    (DecoderRow("up-bias", "bias of up", .bias), { $0.biases.up != nil }),
    (DecoderRow("swiglu", "SwiGLU", .swiGLU), { _ in true }),
    (DecoderRow("down", "down: ffn_down", .storedLinear), { _ in true }),
  ]

  /// The calls of a layer with these weights, in order.
  static func layer(_ weights: DecoderWeights.Layer) -> [DecoderRow] {
    possible.filter { $0.isIn(weights) }.map(\.row)
  }

  /// All that a layer can have, in order.
  static var everyOfLayers: [DecoderRow] { possible.map(\.row) }

  /// Calls after the layers.
  static let last = [
    DecoderRow("output-norm", "output norm", .biasDropoutResidualRMSNorm, .rmsNorm),
    DecoderRow("logits", "logits: output", .storedLinear),
  ]
}
