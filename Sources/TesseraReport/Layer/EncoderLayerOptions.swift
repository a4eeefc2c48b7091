import Tessera

/// How the library's own `EncoderLayer` of a report is asked for beside the sequences, which have ReLU and keep what
/// their backward pass reads.
public struct EncoderLayerOptions: Encodable, Hashable, Sendable {
  public var activation: Activation
  /// Whether its backward pass makes what linear 2 reads again; without effect with ReLU.
  public var recomputesActivated: Bool

  public init(activation: Activation = .relu, recomputesActivated: Bool = false) {
    (self.activation, self.recomputesActivated) = (activation, recomputesActivated)
  }

  /// What differs from the sequences; nil where nothing does.
  var text: String? {
    guard activation != .relu else { return nil }
    return "EncoderLayer: activation \(activation.rawValue)"
      + (recomputesActivated ? ", whose result is made again in the backward pass" : "")
      + "; that of the sequences is \(Activation.relu.rawValue)"
  }
}
