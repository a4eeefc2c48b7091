/// What of the layer runs as one kernel.
public enum LayerFusion: Hashable, Sendable {
  /// The paper's kernels, between products that fuse nothing.
  case paper(LayerAttention)
  /// All that follows a product rides on it; attention is tiled.
  case full
  /// What a configuration chose for each place.
  case tuned(LayerConfiguration)

  /// As tables and files name the sequence.
  public var name: String {
    switch self {
    case .paper(let attention): attention.rawValue
    case .full: "full"
    case .tuned: "tuned"
    }
  }
}
