import Tessera

/// The gradients of an attention problem in a few plain values.
public struct AttentionGradientRecipe: VerificationRecipe {
  public var operatorName: String { OperatorDescriptor.attentionGradients.name }
  public var forward: AttentionRecipe

  public init(_ forward: AttentionRecipe) { self.forward = forward }

  public var smaller: [AttentionGradientRecipe] { forward.smaller.map(Self.init) }

  public func verificationCase() throws(TesseraError) -> VerificationCase { try forward.verificationCase() }
}
