import Tessera

/// The architectures of model files that can be run; raw values are their names in GGUF.
///
/// All are pre-norm decoders of grouped-query attention with rotary embedding and a SwiGLU feed-forward block, with RMS
/// norms; they differ in what is said here.
public enum DecoderArchitecture: String, CaseIterable, Sendable {
  /// Touvron and others, "LLaMA" (2023); Mistral's models, SmolLM2 and many more come under this name.
  case llama
  /// Yang and others, "Qwen2 Technical Report" (2024): queries, keys and values have biases.
  case qwen2
  /// Yang and others, "Qwen3 Technical Report" (2025): queries and keys are normalised head by head.
  case qwen3

  /// Of GGUF: its converters permute the rows of Llama's queries and keys, so that pairs are neighbours.
  var rotaryPairing: RotaryPairing { self == .llama ? .interleaved : .halfSplit }

  /// Whether queries and keys have a norm of each head's own columns, before they are rotated.
  var normalizesHeads: Bool { self == .qwen3 }

  /// Whether a file may have a divisor for each rotary frequency (`rope_freqs.weight`).
  var dividesFrequencies: Bool { self == .llama }

  /// The maps that may have biases, by their names in GGUF.
  var mapsWithBiases: Set<String> {
    switch self {
    case .llama: ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]
    case .qwen2: ["attn_q", "attn_k", "attn_v"]
    case .qwen3: []
    }
  }
}
