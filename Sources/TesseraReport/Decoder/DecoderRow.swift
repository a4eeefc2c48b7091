import Tessera

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

  /// Calls before the layers, of each layer, and after them, in `DecoderPass`'s order.
  static let first = [DecoderRow("embedding", "embedding: token_embd", .embeddingRows)]

  static let layer = [
    // Before the first layer there is nothing to add to the residual stream.
    DecoderRow("attention-norm", "attention norm", .biasDropoutResidualRMSNorm, .rmsNorm),
    DecoderRow("queries", "Q: attn_q", .storedLinear),
    DecoderRow("keys", "K: attn_k", .storedLinear),
    DecoderRow("values", "V: attn_v", .storedLinear),
    DecoderRow("cache-append", "cache append, K rotated", .cacheAppend(.float32)),
    DecoderRow("rotary", "rotary of Q", .rotaryEmbedding),
    DecoderRow("attention", "attention", .attention),
    DecoderRow("attention-output", "out: attn_output", .storedLinear),
    DecoderRow("feed-forward-norm", "feed-forward norm", .biasDropoutResidualRMSNorm, .rmsNorm),
    DecoderRow("gate", "gate: ffn_gate", .storedLinear),
    DecoderRow("up", "up: ffn_up", .storedLinear),
    DecoderRow("swiglu", "SwiGLU", .swiGLU),
    DecoderRow("down", "down: ffn_down", .storedLinear),
  ]

  static let last = [
    DecoderRow("output-norm", "output norm", .biasDropoutResidualRMSNorm, .rmsNorm),
    DecoderRow("logits", "logits: output", .storedLinear),
  ]
}
