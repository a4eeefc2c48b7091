/// Every operator of the library. Report, bench, verify, docs and tests walk this list; one line an operator.
public enum OperatorCatalog {
  /// All operators in the order of the documentation.
  public static let entries: [OperatorEntry] = [
    .linear, .linearAttentionInputBias, .linearBiasActivationDropout, .linearBiasDropoutResidual,
    .linearBiasDropoutResidualLayerNorm, .linearBiasDropoutResidualRMSNorm, .linearResidual, .linearGatedActivation,
    .storedLinear, .linearInputGradient, .linearInputGradientActivationDropout, .linearInputGradientResidual,
    .linearInputGradientGatedActivation,
    .linearWeightGradient, .linearCrossEntropy, .batchedContraction, .attention,
    .attentionGradients,
    .mergeAttention,
    .bias, .scale, .relu, .gelu, .geluTanh, .silu, .dropout, .residual,
    .attentionInputBias, .biasActivationDropout, .biasDropoutResidual, .biasReLUResidual,
    .reGLU, .geGLU, .geGLUTanh, .swiGLU,
    .softmax, .scaledMaskedSoftmaxDropout, .layerNorm, .biasDropoutResidualLayerNorm,
    .rmsNorm, .biasDropoutResidualRMSNorm, .biasActivationDropoutGradient, .biasGradient, .gradientSum,
    .reGLUGradient, .geGLUGradient, .geGLUTanhGradient, .swiGLUGradient,
    .scaledMaskedSoftmaxDropoutGradient,
    .biasDropoutResidualLayerNormGradient, .biasDropoutResidualRMSNormGradient,
    .layerNormParameterGradients, .rmsNormParameterGradients, .residualLayerNormParameterGradients,
    .residualRMSNormParameterGradients,
    .rotaryEmbedding, .cacheAppend, .embeddingRows, .embeddingRowsGradient, .argmax, .sampling, .adamW, .sumOfSquares,
  ]

  /// The entry of this name or label, in any case; throws where there is none.
  public static func entry(named name: String) throws(TesseraError) -> OperatorEntry {
    let wanted = name.lowercased()
    guard
      let entry = entries.first(where: {
        $0.descriptor.name == wanted || $0.descriptor.label?.lowercased() == wanted
      })
    else {
      throw .unavailable(what: "operator", name: name, available: entries.map(\.descriptor.name))
    }
    return entry
  }
}
