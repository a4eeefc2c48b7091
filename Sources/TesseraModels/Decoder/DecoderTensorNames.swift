/// What Hugging Face's files call the tensors of a decoder of Llama's kind.
enum DecoderTensorNames {
  static let embedding = "model.embed_tokens.weight"
  /// Not there where the embedding is the output map's weights too.
  static let output = "lm_head.weight"
  static let outputNorm = "model.norm.weight"

  /// Those that each layer has, as they are called in it.
  enum OfLayer: String, CaseIterable {
    case attentionNorm = "input_layernorm"
    case queries = "self_attn.q_proj"
    case keys = "self_attn.k_proj"
    case values = "self_attn.v_proj"
    case attentionOutput = "self_attn.o_proj"
    case feedForwardNorm = "post_attention_layernorm"
    case gate = "mlp.gate_proj"
    case up = "mlp.up_proj"
    case down = "mlp.down_proj"

    func name(inLayer layer: Int) -> String { "model.layers.\(layer).\(rawValue).weight" }
  }
}
