/// One call of an operator's backward pass.
package struct GradientCall: Sendable {
  package let entry: OperatorEntry
  package let request: OperatorRequest
}

extension OperatorCatalog {
  /// What an operator's backward pass is made of, for each that has one: calls of catalog operators, in their order.
  ///
  /// A gradient that is another's memory takes no call: a residual's is its sum's. Where an operator is made for more,
  /// its call drops nothing or lacks what it can lack, as layer norm's own gradient is BLNRD without dropout. The joint
  /// projection and the two maps of a gate are one product each way.
  private static let gradients: [Gradients] = [
    .init(.linear) { $0.linearGradients(hasBias: false) },
    .init(.linearAttentionInputBias) { $0.ofJointProjection.linearGradients(hasBias: true) },
    .init(.linearBiasActivationDropout()) {
      [$0.gradient(.biasActivationDropoutGradient)] + $0.linearGradients(hasBias: false)
    },
    .init(.linearBiasDropoutResidualLayerNorm) {
      $0.normGradients(.layerNormParameterGradients, .biasDropoutResidualLayerNormGradient)
        + $0.linearGradients(hasBias: $0.hasBias)
    },
    .init(.linearBiasDropoutResidualRMSNorm) {
      $0.normGradients(.rmsNormParameterGradients, .biasDropoutResidualRMSNormGradient)
        + $0.linearGradients(hasBias: $0.hasBias)
    },
    .init(.linearResidual) { $0.linearGradients(hasBias: false) },
    .init(.linearGatedActivation) { request in
      [request.gradient(.gatedGradient(request.activation))]
        + request.with(.columns, 2 * request.extents[.columns]).linearGradients(hasBias: false)
    },
    .init(.attention) { [$0.gradient(.attentionGradients)] },
    .init(.bias) { [$0.with(.rows, $0.extents[.planes] * $0.extents[.rows]).gradient(.biasGradient)] },
    .init(.scale) { [$0.gradient(.scale)] },
    .init(.relu) { [$0.activationGradient(.relu)] }, .init(.gelu) { [$0.activationGradient(.gelu)] },
    .init(.geluTanh) { [$0.activationGradient(.geluTanh)] }, .init(.silu) { [$0.activationGradient(.silu)] },
    .init(.residual) { [$0.gradient(.gradientSum)] },
    .init(.attentionInputBias) { [$0.ofJointProjection.gradient(.biasGradient)] },
    .init(.biasActivationDropout) { [$0.gradient(.biasActivationDropoutGradient)] },
    .init(.reGLU) { [$0.gradient(.reGLUGradient)] }, .init(.geGLU) { [$0.gradient(.geGLUGradient)] },
    .init(.geGLUTanh) { [$0.gradient(.geGLUTanhGradient)] }, .init(.swiGLU) { [$0.gradient(.swiGLUGradient)] },
    .init(.softmax) { [$0.gradient(.scaledMaskedSoftmaxDropoutGradient, drops: false)] },
    .init(.scaledMaskedSoftmaxDropout) { [$0.gradient(.scaledMaskedSoftmaxDropoutGradient)] },
    .init(.layerNorm) {
      $0.normGradients(.layerNormParameterGradients, .biasDropoutResidualLayerNormGradient, drops: false)
    },
    .init(.rmsNorm) { $0.normGradients(.rmsNormParameterGradients, .biasDropoutResidualRMSNormGradient, drops: false) },
    .init(.biasDropoutResidualLayerNorm) {
      $0.normGradients(.layerNormParameterGradients, .biasDropoutResidualLayerNormGradient) + $0.biasGradients
    },
    .init(.biasDropoutResidualRMSNorm) {
      $0.normGradients(.rmsNormParameterGradients, .biasDropoutResidualRMSNormGradient) + $0.biasGradients
    },
    // Angles are negated, which costs what the forward call does.
    .init(.rotaryEmbedding) { [$0.gradient(.rotaryEmbedding, keepsLayouts: true)] },
    .init(.embeddingRows) { [$0.gradient(.embeddingRowsGradient)] },
  ]

  private struct Gradients: Sendable {
    let name: String
    let calls: @Sendable (OperatorRequest) -> [GradientCall]

    init(_ forward: OperatorDescriptor, _ calls: @escaping @Sendable (OperatorRequest) -> [GradientCall]) {
      name = forward.name
      self.calls = calls
    }
  }

  /// Names of the operators that have a backward pass of their own.
  package static var namesWithGradients: [String] { gradients.map(\.name) }

  /// Names of the operators whose call in training makes the gradients too, so that there is no backward pass.
  package static let namesWithGradientsInTheirCall = [OperatorDescriptor.linearCrossEntropy.name]

  /// The calls of the backward pass of an operator's call; nil for an operator that has none. Throws for extents that
  /// do not fit in memory, and for weights that are stored as another type than their gradient is.
  package static func gradientCalls(
    of entry: OperatorEntry, _ request: OperatorRequest
  ) throws(TesseraError) -> [GradientCall]? {
    guard let gradients = gradients.first(where: { $0.name == entry.descriptor.name }) else { return nil }
    try entry.descriptor(for: request).checkSize(request.extents)
    guard request.weightType == .float32 else {
      throw .invalidOperand(
        operation: entry.descriptor.name, operand: OperatorOption.weightType.rawValue,
        expected: "\(ElementType.float32.name) with gradients", actual: request.weightType.name)
    }
    return gradients.calls(request)
  }
}

extension OperatorRequest {
  /// One gradient operator's call, of this one's sizes and of the options that it has.
  fileprivate func gradient(
    _ descriptor: OperatorDescriptor, drops: Bool = true, keepsLayouts: Bool = false
  ) -> GradientCall {
    var request = call(of: descriptor)
    if !drops { request.mode = .inference }
    if keepsLayouts { request.batchedLayouts = batchedLayouts }
    let entry = OperatorCatalog.entries.first { $0.descriptor.name == descriptor.name }!
    return GradientCall(entry: entry, request: request)
  }

  /// An activation's alone: BDRB of it that drops nothing.
  fileprivate func activationGradient(_ activation: Activation) -> GradientCall {
    var request = self
    request.activation = activation
    return request.gradient(.biasActivationDropoutGradient, drops: false)
  }

  /// A norm's parameters, then what it normalises.
  fileprivate func normGradients(
    _ parameters: OperatorDescriptor, _ input: OperatorDescriptor, drops: Bool = true
  ) -> [GradientCall] {
    [gradient(parameters), gradient(input, drops: drops)]
  }

  /// The bias before a fused norm, if there is one.
  fileprivate var biasGradients: [GradientCall] { hasBias ? [gradient(.biasGradient)] : [] }

  /// A map's input, then its weights: whether their call sums the bias's gradient as well.
  fileprivate func linearGradients(hasBias: Bool) -> [GradientCall] {
    var request = self
    // In place they would be added to others.
    (request.hasBias, request.isInPlace) = (hasBias, false)
    return [request.gradient(.linearInputGradient), request.gradient(.linearWeightGradient)]
  }

  fileprivate func with(_ extent: Extent, _ value: Int) -> OperatorRequest {
    var request = self
    request.extents[extent] = value
    return request
  }

  /// Tokens as rows, and queries, keys and values of all heads as columns.
  fileprivate var ofJointProjection: OperatorRequest {
    let heads = extents[.queryHeads] + 2 * extents[.keyValueHeads]
    return with(.rows, extents[.batch] * extents[.queryLength]).with(.columns, heads * extents[.headDimension])
  }
}
