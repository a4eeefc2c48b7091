extension LayerTable {
  /// The rows of the backward pass, in the paper's order; dX is an input's gradient, dW that of parameters.
  static func gradientRows(_ calls: LayerCalls, intermediates: Set<String>) -> [LayerRow] {
    feedforwardGradientRows(calls) + attentionGradientRows(calls, intermediates)
  }

  private static func row(
    _ id: String, _ name: String, _ call: OperatorCall
  ) -> LayerRow {
    LayerRow(id, name, [call], pass: .backward)
  }

  /// From the output to the first norm's sum and its branch.
  private static func feedforwardGradientRows(_ calls: LayerCalls) -> [LayerRow] {
    let (hidden, inner) = (calls.problem.hidden, calls.problem.feedforward)
    return [
      row(
        "layer-norm-2-dw", "layer norm dW",
        calls.layerNormParameterGradients("output-gradient", sum: "residual-2", norm: "layer-norm-2")),
      row(
        "layer-norm-2-dx", "layer norm dX",
        calls.layerNormGradient(
          "output-gradient", sum: "residual-2", norm: "layer-norm-2", output: "residual-2-gradient")),
      row(
        "out2-dropout-dx", "dropout dX",
        calls.dropoutGradient(
          "residual-2-gradient", mask: "out2-dropout-mask", columns: hidden, output: "linear-2-gradient")),
      row(
        "linear-2-dx", "linear 2 dX",
        calls.linearInputGradient(
          "linear-2-gradient", "linear-2-weight", columns: hidden, depth: inner, output: "ffn-dropout-gradient")),
      row(
        "linear-2-dw", "linear 2 dW",
        calls.linearWeightGradient(
          "linear-2-gradient", "ffn-dropout", columns: hidden, depth: inner, output: "linear-2-weight-gradient")),
      row(
        "ffn-dropout-dx", "dropout dX",
        calls.dropoutGradient(
          "ffn-dropout-gradient", mask: "ffn-dropout-mask", columns: inner, output: "relu-gradient")),
      row(
        "relu-dx", "ReLU dX",
        calls.reluGradient("relu-gradient", saved: "relu", columns: inner, output: "linear-1-gradient")),
      row(
        "ffn-bias-dw", "bias dW",
        calls.biasGradient("linear-1-gradient", columns: inner, output: "ffn-bias-vector-gradient")),
      row(
        "linear-1-dx", "linear 1 dX",
        calls.linearInputGradient(
          "linear-1-gradient", "linear-1-weight", columns: inner, depth: hidden, output: "linear-1-input-gradient")),
      row(
        "linear-1-dw", "linear 1 dW",
        calls.linearWeightGradient(
          "linear-1-gradient", "layer-norm-1", columns: inner, depth: hidden, output: "linear-1-weight-gradient")),
      row(
        "residual-2-dx", "residual dX",
        calls.gradientSum("residual-2-gradient", "linear-1-input-gradient", output: "layer-norm-1-gradient")),
      row(
        "layer-norm-1-dw", "layer norm dW",
        calls.layerNormParameterGradients("layer-norm-1-gradient", sum: "residual-1", norm: "layer-norm-1")),
      row(
        "out2-bias-dw", "bias dW",
        calls.biasGradient("linear-2-gradient", columns: hidden, output: "out2-bias-vector-gradient")),
      row(
        "layer-norm-1-dx", "layer norm dX",
        calls.layerNormGradient(
          "layer-norm-1-gradient", sum: "residual-1", norm: "layer-norm-1", output: "residual-1-gradient")),
      row(
        "out-dropout-dx", "dropout dX",
        calls.dropoutGradient(
          "residual-1-gradient", mask: "out-dropout-mask", columns: hidden, output: "out-gradient")),
    ]
  }

  /// From the out map's result to the layer's input.
  private static func attentionGradientRows(_ calls: LayerCalls, _ intermediates: Set<String>) -> [LayerRow] {
    let hidden = calls.problem.hidden
    return [
      row(
        "out-bias-dw", "output bias dW",
        calls.biasGradient("out-gradient", columns: hidden, output: "out-bias-vector-gradient")),
      row(
        "out-dx", "out dX",
        calls.linearInputGradient(
          "out-gradient", "out-weight", columns: hidden, depth: hidden, output: "gamma-gradient")),
      row(
        "out-dw", "out dW",
        calls.linearWeightGradient(
          "out-gradient", "gamma", columns: hidden, depth: hidden, output: "out-weight-gradient")),
      row(
        "gamma-dx1", "gamma dX1",
        calls.probabilityGradient("gamma-gradient", "input-bias", output: "softmax-gradient")),
      row(
        "gamma-dx2", "gamma dX2", calls.valueGradient("softmax", "gamma-gradient", output: "input-bias-gradient")),
      LayerRow(
        "softmax-dx", "scaled softmax dX",
        calls.scaledSoftmaxGradient(
          "softmax-gradient", mask: "softmax-mask", probabilities: "probabilities", dropped: "probabilities-gradient",
          unscaled: "scaled-scores-gradient", output: "qkt-gradient"),
        intermediates: intermediates, pass: .backward),
      row("qkt-dx1", "QK^T dX1", calls.queryGradient("qkt-gradient", "input-bias", output: "input-bias-gradient")),
      row("qkt-dx2", "QK^T dX2", calls.keyGradient("qkt-gradient", "input-bias", output: "input-bias-gradient")),
      row(
        "qkv-dx", "Q, K, V dX",
        calls.linearInputGradient(
          "input-bias-gradient", "qkv-weight", columns: 3 * hidden, depth: hidden, output: "qkv-input-gradient")),
      row(
        "qkv-dw", "Q, K, V dW",
        calls.linearWeightGradient(
          "input-bias-gradient", "x", columns: 3 * hidden, depth: hidden, output: "qkv-weight-gradient")),
      row(
        "input-bias-dw", "input bias dW",
        calls.biasGradient("input-bias-gradient", columns: 3 * hidden, output: "qkv-bias-gradient")),
      row(
        "residual-1-dx", "residual dX",
        calls.gradientSum("qkv-input-gradient", "residual-1-gradient", output: inputGradientTensor)),
    ]
  }
}
