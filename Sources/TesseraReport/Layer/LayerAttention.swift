/// How the fused layer computes QKᵀ, softmax and Γ.
public enum LayerAttention: String, CaseIterable, Codable, Sendable {
  /// One kernel that never stores the scores.
  case tiled
  /// The paper's: one kernel for scale, softmax and dropout over stored scores, between two batched contractions.
  case materialised
}
