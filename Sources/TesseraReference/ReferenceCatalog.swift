import TesseraCore

/// The oracle's operators by the names of the library's catalog; a test compares the two sets of names.
public enum ReferenceCatalog {
  public static let operators: [String: ReferenceOperator] = [
    "linear": ReferenceOperator(float64: linear, float32: linear),
    "linear-attention-input-bias": ReferenceOperator(
      float64: linearAttentionInputBias, float32: linearAttentionInputBias),
    "linear-bias-activation-dropout": ReferenceOperator(
      float64: linearBiasActivationDropout, float32: linearBiasActivationDropout),
    "linear-bias-dropout-residual": ReferenceOperator(
      float64: linearBiasDropoutResidual, float32: linearBiasDropoutResidual),
    "linear-bias-dropout-residual-layer-norm": ReferenceOperator(
      float64: linearBiasDropoutResidualLayerNorm, float32: linearBiasDropoutResidualLayerNorm),
    "linear-bias-dropout-residual-rms-norm": ReferenceOperator(
      float64: linearBiasDropoutResidualRMSNorm, float32: linearBiasDropoutResidualRMSNorm),
    "linear-residual": ReferenceOperator(float64: linearResidual, float32: linearResidual),
    "linear-gated-activation": ReferenceOperator(float64: linearGatedActivation, float32: linearGatedActivation),
    "stored-linear": ReferenceOperator(float64: storedLinear, float32: storedLinear),
    "linear-input-gradient": ReferenceOperator(float64: linearInputGradient, float32: linearInputGradient),
    "linear-input-gradient-activation-dropout": ReferenceOperator(
      float64: linearInputGradientActivationDropout, float32: linearInputGradientActivationDropout),
    "linear-input-gradient-residual": ReferenceOperator(
      float64: linearInputGradientResidual, float32: linearInputGradientResidual),
    "linear-input-gradient-gated-activation": ReferenceOperator(
      float64: linearInputGradientGatedActivation, float32: linearInputGradientGatedActivation),
    "linear-weight-gradient": ReferenceOperator(float64: linearWeightGradient, float32: linearWeightGradient),
    "linear-cross-entropy": ReferenceOperator(float64: linearCrossEntropy, float32: linearCrossEntropy),
    "batched-contraction": ReferenceOperator(float64: batchedContraction, float32: batchedContraction),
    "bias": ReferenceOperator(float64: bias, float32: bias),
    "scale": ReferenceOperator(float64: scale, float32: scale),
    "relu": activationOperator(.relu),
    "gelu": activationOperator(.gelu),
    "gelu-tanh": activationOperator(.geluTanh),
    "silu": activationOperator(.silu),
    "dropout": ReferenceOperator(float64: dropout, float32: dropout),
    "residual": ReferenceOperator(float64: residual, float32: residual),
    "attention-input-bias": ReferenceOperator(float64: attentionInputBias, float32: attentionInputBias),
    "bias-activation-dropout": ReferenceOperator(float64: biasActivationDropout, float32: biasActivationDropout),
    "bias-dropout-residual": ReferenceOperator(float64: biasDropoutResidual, float32: biasDropoutResidual),
    "bias-relu-residual": ReferenceOperator(float64: biasReLUResidual, float32: biasReLUResidual),
    "reglu": gatedOperator(.relu),
    "geglu": gatedOperator(.gelu),
    "geglu-tanh": gatedOperator(.geluTanh),
    "swiglu": gatedOperator(.silu),
    "softmax": ReferenceOperator(float64: softmax, float32: softmax),
    "scaled-masked-softmax-dropout": ReferenceOperator(
      float64: scaledMaskedSoftmaxDropout, float32: scaledMaskedSoftmaxDropout),
    "layer-norm": ReferenceOperator(float64: layerNorm, float32: layerNorm),
    "bias-dropout-residual-layer-norm": ReferenceOperator(
      float64: biasDropoutResidualLayerNorm, float32: biasDropoutResidualLayerNorm),
    "rms-norm": ReferenceOperator(float64: rmsNorm, float32: rmsNorm),
    "bias-dropout-residual-rms-norm": ReferenceOperator(
      float64: biasDropoutResidualRMSNorm, float32: biasDropoutResidualRMSNorm),
    "bias-activation-dropout-gradient": ReferenceOperator(
      float64: biasActivationDropoutGradient, float32: biasActivationDropoutGradient),
    "scaled-masked-softmax-dropout-gradient": ReferenceOperator(
      float64: scaledMaskedSoftmaxDropoutGradient, float32: scaledMaskedSoftmaxDropoutGradient),
    "bias-gradient": ReferenceOperator(float64: biasGradient, float32: biasGradient),
    "gradient-sum": ReferenceOperator(float64: residual, float32: residual),
    "reglu-gradient": gatedGradientOperator(.relu),
    "geglu-gradient": gatedGradientOperator(.gelu),
    "geglu-tanh-gradient": gatedGradientOperator(.geluTanh),
    "swiglu-gradient": gatedGradientOperator(.silu),
    "bias-dropout-residual-layer-norm-gradient": ReferenceOperator(
      float64: biasDropoutResidualLayerNormGradient, float32: biasDropoutResidualLayerNormGradient),
    "bias-dropout-residual-rms-norm-gradient": ReferenceOperator(
      float64: biasDropoutResidualRMSNormGradient, float32: biasDropoutResidualRMSNormGradient),
    "layer-norm-parameter-gradients": ReferenceOperator(
      float64: normParameterGradients, float32: normParameterGradients),
    "rms-norm-parameter-gradients": ReferenceOperator(
      float64: normParameterGradients, float32: normParameterGradients),
    "residual-layer-norm-parameter-gradients": ReferenceOperator(
      float64: residualNormParameterGradients, float32: residualNormParameterGradients),
    "residual-rms-norm-parameter-gradients": ReferenceOperator(
      float64: residualNormParameterGradients, float32: residualNormParameterGradients),
    "rotary-embedding": ReferenceOperator(float64: rotaryEmbedding, float32: rotaryEmbedding),
    "cache-append": ReferenceOperator(float64: cacheAppend, float32: cacheAppend),
    "embedding-rows": ReferenceOperator(float64: embeddingRows, float32: embeddingRows),
    "embedding-rows-gradient": ReferenceOperator(float64: embeddingRowsGradient, float32: embeddingRowsGradient),
    "argmax": ReferenceOperator(float64: argmax, float32: argmax),
    "sampling": ReferenceOperator(float64: sampling, float32: sampling),
    "attention": ReferenceOperator(float64: attention, float32: attention),
    "attention-gradients": ReferenceOperator(float64: attentionGradients, float32: attentionGradients),
    "adamw": ReferenceOperator(float64: adamW, float32: adamW),
    "sum-of-squares": ReferenceOperator(float64: sumOfSquares, float32: sumOfSquares),
    "merge-attention": ReferenceOperator(float64: mergeAttention, float32: mergeAttention),
  ]

  private static func activationOperator(_ kind: Activation) -> ReferenceOperator {
    ReferenceOperator(float64: { activation(kind, $0) }, float32: { activation(kind, $0) })
  }

  private static func gatedOperator(_ kind: Activation) -> ReferenceOperator {
    ReferenceOperator(float64: { gatedActivation(kind, $0) }, float32: { gatedActivation(kind, $0) })
  }

  private static func gatedGradientOperator(_ kind: Activation) -> ReferenceOperator {
    ReferenceOperator(float64: { gatedActivationGradient(kind, $0) }, float32: { gatedActivationGradient(kind, $0) })
  }
}
