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

  /// Those of a layer, in order, each with whether the layer has it in a pass of so many tokens.
  private static let possible: [(row: DecoderRow, isIn: @Sendable (DecoderWeights.Layer, _ tokens: Int) -> Bool)] = [
    // Before the first layer there is nothing to add to the residual stream.
    (DecoderRow("attention-norm", "attention norm", .biasDropoutResidualRMSNorm, .rmsNorm), { _, _ in true }),
    (DecoderRow("queries", "Q: attn_q", .storedLinear), { _, _ in true }),
    (DecoderRow("keys", "K: attn_k", .storedLinear), { _, _ in true }),
    (DecoderRow("values", "V: attn_v", .storedLinear), { _, _ in true }),
    (DecoderRow("query-bias", "bias of Q", .bias), { layer, _ in layer.biases.queries != nil }),
    (DecoderRow("key-bias", "bias of K", .bias), { layer, _ in layer.biases.keys != nil }),
    (DecoderRow("value-bias", "bias of V", .bias), { layer, _ in layer.biases.values != nil }),
    (DecoderRow("query-norm", "norm of Q's heads", .rmsNorm), { layer, _ in layer.queryNorm != nil }),
    (DecoderRow("key-norm", "norm of K's heads", .rmsNorm), { layer, _ in layer.keyNorm != nil }),
    (DecoderRow("cache-append", "cache append, K rotated", .cacheAppend(.float32)), { _, _ in true }),
    (DecoderRow("rotary", "rotary of Q", .rotaryEmbedding), { _, _ in true }),
    (DecoderRow("attention", "attention", .attention), { _, _ in true }),
    (DecoderRow("attention-output", "out: attn_output", .storedLinear, .linearResidual), { _, _ in true }),
    (DecoderRow("feed-forward-norm", "feed-forward norm", .biasDropoutResidualRMSNorm, .rmsNorm), { _, _ in true }),
    (DecoderRow("gate", "gate: ffn_gate", .storedLinear), { !$0.joinsGateAndUp(rows: $1) }),
    (DecoderRow("up", "up: ffn_up", .storedLinear), { !$0.joinsGateAndUp(rows: $1) }),
    (DecoderRow("gate-bias", "bias of gate", .bias), { layer, _ in layer.biases.gate != nil }),
    (DecoderRow("up-bias", "bias of up", .bias), { layer, _ in layer.biases.up != nil }),
    (DecoderRow("swiglu", "SwiGLU", .swiGLU), { !$0.joinsGateAndUp(rows: $1) }),
    (
      DecoderRow("gated", "gate, up, SwiGLU: ffn_gate, ffn_up", .linearGatedActivation),
      { $0.joinsGateAndUp(rows: $1) }
    ),
    (DecoderRow("down", "down: ffn_down", .storedLinear, .linearResidual), { _, _ in true }),
  ]

  /// The calls of a layer with these weights in a pass of so many tokens, in order.
  static func layer(_ weights: DecoderWeights.Layer, tokens: Int) -> [DecoderRow] {
    possible.filter { $0.isIn(weights, tokens) }.map(\.row)
  }

  /// All that a layer can have, in order.
  static var everyOfLayers: [DecoderRow] { possible.map(\.row) }

  /// Calls after the layers.
  static let last = [
    DecoderRow("output-norm", "output norm", .biasDropoutResidualRMSNorm, .rmsNorm),
    DecoderRow("logits", "logits: output", .storedLinear),
  ]
}
