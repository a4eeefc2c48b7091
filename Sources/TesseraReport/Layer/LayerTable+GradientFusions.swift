import Tessera

extension LayerTable {
  /// The paper's backward kernels in place of unfused rows; one line a place.
  static func gradientFusions(
    _ calls: LayerCalls, _ attention: LayerAttention
  ) throws(TesseraError) -> [LayerStep] {
    let (hidden, inner) = (calls.problem.hidden, calls.problem.feedforward)
    return [
      step(
        ["layer-norm-2-dw"],
        calls.layerNormParameterGradients("output-gradient", sum: "residual-2", norm: "layer-norm-2")),
      step(
        ["layer-norm-2-dx", "out2-dropout-dx"],
        calls.layerNormDropoutGradient(
          "output-gradient", sum: "residual-2", norm: "layer-norm-2", place: .out2, residual: "residual-2-gradient",
          output: "linear-2-gradient")),
      step(
        ["ffn-dropout-dx", "relu-dx", "ffn-bias-dw"],
        calls.biasActivationDropoutGradient(
          "ffn-dropout-gradient", saved: "ffn-dropout", columns: inner, place: .feedforward,
          output: "linear-1-gradient", biasGradient: "ffn-bias-vector-gradient")),
      step(
        ["residual-2-dx", "layer-norm-1-dw", "out2-bias-dw"],
        calls.residualLayerNormParameterGradients(
          "residual-2-gradient", "linear-1-input-gradient", sum: "residual-1", norm: "layer-norm-1",
          output: "layer-norm-1-gradient", branch: "linear-2-gradient", bias: "out2-bias-vector-gradient")),
      step(
        ["layer-norm-1-dx", "out-dropout-dx"],
        calls.layerNormDropoutGradient(
          "layer-norm-1-gradient", sum: "residual-1", norm: "layer-norm-1", place: .out,
          residual: "residual-1-gradient", output: "out-gradient")),
      step(
        ["out-bias-dw"], calls.biasGradient("out-gradient", columns: hidden, output: "out-bias-vector-gradient")),
      try attentionGradients(calls, attention),
      step(
        ["input-bias-dw"],
        calls.biasGradient("input-bias-gradient", columns: 3 * hidden, output: "qkv-bias-gradient"), label: "BAIB"),
      step(
        ["residual-1-dx"],
        calls.gradientSum("qkv-input-gradient", "residual-1-gradient", output: inputGradientTensor)),
    ]
  }

  /// The rows between the out map's gradients and those of the joint map.
  private static let attentionGradientRows = ["gamma-dx1", "gamma-dx2", "softmax-dx", "qkt-dx1", "qkt-dx2"]

  private static func attentionGradients(
    _ calls: LayerCalls, _ recipe: LayerAttention
  ) throws(TesseraError) -> LayerStep {
    switch recipe {
    case .tiled:
      step(
        attentionGradientRows,
        try calls.tiledAttentionGradients(
          "input-bias", .tokenRows, attended: "gamma", logSumExp: "log-sum-exp", outputGradient: "gamma-gradient",
          outputStride: calls.problem.hidden, output: "input-bias-gradient", jointStride: 3 * calls.problem.hidden),
        label: OperatorDescriptor.attention.label)
    case .materialised:
      step(
        ["softmax-dx"],
        calls.fusedSoftmaxGradient("softmax-gradient", probabilities: "probabilities", output: "qkt-gradient"))
    }
  }

  /// The operators of `EncoderLayerBackward`, on memory that it goes through as that does; one line a place.
  static func fullGradientFusions(_ calls: LayerCalls) throws(TesseraError) -> [LayerStep] {
    let (problem, hidden, inner) = (calls.problem, calls.problem.hidden, calls.problem.feedforward)
    return [
      step(
        ["layer-norm-2-dw"],
        calls.layerNormParameterGradients("output-gradient", sum: "residual-2", norm: "layer-norm-2")),
      step(
        ["layer-norm-2-dx", "out2-dropout-dx"],
        calls.layerNormDropoutGradient(
          "output-gradient", sum: "residual-2", norm: "layer-norm-2", place: .out2, residual: "attended",
          output: "branch")),
      step(
        ["linear-2-dx", "ffn-dropout-dx", "relu-dx"],
        calls.inputGradientActivationDropout(
          "branch", "linear-2-weight", columns: hidden, depth: inner, saved: "ffn-dropout", place: .feedforward,
          output: "wide")),
      linear(
        ["linear-2-dw", "out2-bias-dw"],
        calls.weightGradient(
          "branch", "ffn-dropout", columns: hidden, depth: inner, "linear-2-weight-gradient",
          biasGradient: "out2-bias-vector-gradient")),
      linear(
        ["ffn-bias-dw", "linear-1-dw"],
        calls.weightGradient(
          "wide", "layer-norm-1", columns: inner, depth: hidden, "linear-1-weight-gradient",
          biasGradient: "ffn-bias-vector-gradient")),
      step(
        ["linear-1-dx", "residual-2-dx"],
        calls.inputGradientResidual(
          "wide", "linear-1-weight", columns: inner, depth: hidden, residual: "attended", output: "stream")),
      step(
        ["layer-norm-1-dw"],
        calls.layerNormParameterGradients("stream", sum: "residual-1", norm: "layer-norm-1")),
      step(
        ["layer-norm-1-dx", "out-dropout-dx"],
        calls.layerNormDropoutGradient(
          "stream", sum: "residual-1", norm: "layer-norm-1", place: .out, residual: "stream", output: "branch")),
      LayerStep(
        rows: ["out-bias-dw", "out-dx", "out-dw"], label: "L-BAOB",
        calls: [
          calls.inputGradient(
            "branch", "out-weight", columns: hidden, depth: hidden, output: "attended",
            outputStride: attendedStride(problem)),
          calls.weightGradient(
            "branch", "gamma", columns: hidden, depth: hidden, "out-weight-gradient",
            biasGradient: "out-bias-vector-gradient"),
        ]),
      step(
        attentionGradientRows,
        try calls.tiledAttentionGradients(
          "input-bias", .headsFirst, attended: "gamma", logSumExp: "log-sum-exp", outputGradient: "attended",
          outputStride: attendedStride(problem), output: "wide", jointStride: jointStride(problem)),
        label: OperatorDescriptor.attention.label),
      step(
        ["qkv-dx", "residual-1-dx"],
        calls.inputGradientResidual(
          "wide", "qkv-weight", columns: 3 * hidden, depth: hidden, residual: "stream", output: inputGradientTensor,
          stride: jointStride(problem))),
      step(
        ["qkv-dw", "input-bias-dw"],
        calls.weightGradient(
          "wide", "x", columns: 3 * hidden, depth: hidden, "qkv-weight-gradient", stride: jointStride(problem),
          biasGradient: "qkv-bias-gradient"), label: "L-BAIB"),
    ]
  }

  private static func linear(_ rows: [String], _ call: OperatorCall) -> LayerStep {
    step(rows, call, label: linearLabel)
  }
}
