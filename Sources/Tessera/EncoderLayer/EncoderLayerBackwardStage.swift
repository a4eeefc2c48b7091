/// One operator of an encoder layer's backward pass.
public struct EncoderLayerBackwardStage: Hashable, Sendable {
  /// What of the layer it is the gradient of; dX is an input's gradient, dW that of parameters. Without either it is a
  /// result of the forward pass, made again.
  public let name: String
  /// The paper's kernel that it is, or that rides on it; nil of products alone.
  public let label: String?
  /// The catalog's name of the operator, under which the ledger has it.
  public let operation: String

  private init(_ name: String, _ label: String?, _ descriptor: OperatorDescriptor) {
    (self.name, self.label, operation) = (name, label, descriptor.name)
  }

  /// A layer's stages in their order, as the ledger has a call's that does not accumulate. Ivanov et al. 2021 have
  /// nearly the same order for a post-norm layer, but kernels of their own for what rides on products here: of BAOB,
  /// BAIB and EBSB the biases' sums, on a map's dW; of EBSB the sum of two gradients, on linear 1's dX, so that a BSB
  /// is left.
  static func stages(of problem: EncoderLayerProblem) -> [EncoderLayerBackwardStage] {
    let isPost = problem.normalization == .post
    let head =
      isPost
      ? [
        Self("layer-norm-2 dW", "BSB", .layerNormParameterGradients),
        Self("layer-norm-2 dX", "BLNRD", .biasDropoutResidualLayerNormGradient),
      ] : problem.drops ? [Self("out2-dropout dX", .dropout)] : []
    let throughLinear2 = Self("linear-2 dX", "BDRB", .linearInputGradientActivationDropout)
    let ofLinear2 = Self("linear-2 dW", .linearWeightGradient)
    let linear2 =
      problem.makesActivatedAgain
      ? [Self("activation", "BRD", .biasActivationDropout), ofLinear2, throughLinear2] : [throughLinear2, ofLinear2]
    let feedforward = [
      Self("linear-1 dW", .linearWeightGradient),
      Self("linear-1 dX", isPost ? .linearInputGradientResidual : .linearInputGradient),
    ]
    let norm = isPost ? "layer-norm-1" : "layer-norm-2"
    let attention = [
      Self(norm + " dW", "BSB", .layerNormParameterGradients),
      Self(norm + " dX", "BLNRD", .biasDropoutResidualLayerNormGradient),
      Self("out dX", .linearInputGradient), Self("out dW", "BAOB", .linearWeightGradient),
      Self("attention", "BS", .attentionGradients),
      isPost ? Self("qkv dX", "BEI", .linearInputGradientResidual) : Self("qkv dX", .linearInputGradient),
      Self("qkv dW", "BAIB", .linearWeightGradient),
    ]
    let tail =
      isPost
      ? []
      : [
        Self("layer-norm-1 dW", "BSB", .layerNormParameterGradients),
        Self("layer-norm-1 dX", "BLNRD", .biasDropoutResidualLayerNormGradient),
      ]
    return head + linear2 + feedforward + attention + tail
  }

  private init(_ name: String, _ descriptor: OperatorDescriptor) { self.init(name, nil, descriptor) }
}
