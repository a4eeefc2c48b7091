import Tessera

extension LayerTable {
  /// The fused kernels in place of unfused rows; one line a place.
  static func fusions(
    _ calls: LayerCalls, _ attention: LayerAttention, heads: HeadPlacement = .tokenRows
  ) throws(TesseraError) -> [LayerStep] {
    [
      step(["input-bias"], calls.attentionInputBias("qkv", bias: "qkv-bias", output: "input-bias", heads)),
      try Self.attention(calls, attention, heads),
      step(
        ["out-bias", "out-dropout", "residual-1", "layer-norm-1"],
        calls.biasDropoutResidualLayerNorm(
          "out", bias: "out-bias-vector", residual: "x", place: .out, sum: "residual-1", output: "layer-norm-1")),
      step(
        ["ffn-bias", "relu", "ffn-dropout"],
        calls.biasActivationDropout(
          "linear-1", bias: "ffn-bias-vector", columns: calls.problem.feedforward, place: .feedforward,
          output: "ffn-dropout")),
      step(
        ["out2-bias", "out2-dropout", "residual-2", "layer-norm-2"],
        calls.biasDropoutResidualLayerNorm(
          "linear-2", bias: "out2-bias-vector", residual: "layer-norm-1", place: .out2, sum: "residual-2",
          output: "layer-norm-2")),
    ]
  }

  /// Products with what rides on them, and tiled attention; one line a place.
  static func fullFusions(
    _ calls: LayerCalls, heads: HeadPlacement = .headsFirst
  ) throws(TesseraError) -> [LayerStep] {
    let (hidden, inner) = (calls.problem.hidden, calls.problem.feedforward)
    return [
      step(
        ["qkv", "input-bias"],
        calls.attentionInputBias("qkv", bias: "qkv-bias", output: "input-bias", heads)
          .riding(on: "x", "qkv-weight", depth: hidden, .linearAttentionInputBias)),
      try attention(calls, .tiled, heads),
      step(
        ["out", "out-bias", "out-dropout", "residual-1", "layer-norm-1"],
        calls.biasDropoutResidualLayerNorm(
          "out", bias: "out-bias-vector", residual: "x", place: .out, sum: "residual-1", output: "layer-norm-1"
        ).riding(
          on: "gamma", "out-weight", depth: hidden, .linearBiasDropoutResidualLayerNorm)),
      step(
        ["linear-1", "ffn-bias", "relu", "ffn-dropout"],
        calls.biasActivationDropout(
          "linear-1", bias: "ffn-bias-vector", columns: inner, place: .feedforward, output: "ffn-dropout"
        ).riding(
          on: "layer-norm-1", "linear-1-weight", depth: hidden,
          .linearBiasActivationDropout(keepsResult: false))),
      step(
        ["linear-2", "out2-bias", "out2-dropout", "residual-2", "layer-norm-2"],
        calls.biasDropoutResidualLayerNorm(
          "linear-2", bias: "out2-bias-vector", residual: "layer-norm-1", place: .out2, sum: "residual-2",
          output: "layer-norm-2"
        ).riding(
          on: "ffn-dropout", "linear-2-weight", depth: inner,
          .linearBiasDropoutResidualLayerNorm)),
    ]
  }

  /// The library's own linear maps in place of the baseline's. They fuse nothing.
  static func linearMaps(_ rows: [LayerRow]) -> [LayerStep] {
    rows.flatMap { row in
      row.calls.compactMap { call in
        libraryMaps[call.descriptor.name].map { own in
          LayerStep(rows: [row.id], label: linearLabel, calls: [OperatorCall(own, call.request, call.tensors)])
        }
      }
    }
  }

  /// By the baseline's names.
  private static let libraryMaps: [String: OperatorDescriptor] = [
    OperatorDescriptor.baselineLinear.name: .linear,
    OperatorDescriptor.baselineLinearInputGradient.name: .linearInputGradient,
    OperatorDescriptor.baselineLinearWeightGradient.name: .linearWeightGradient(accumulates: false, hasBias: false),
  ]

  /// The label of the library's `linear` in the tables: the paper has none for it, as it has none for `TILED`.
  static let linearLabel = "LINEAR"

  private static func attention(
    _ calls: LayerCalls, _ recipe: LayerAttention, _ heads: HeadPlacement
  ) throws(TesseraError) -> LayerStep {
    switch recipe {
    case .tiled:
      step(
        ["qkt", "softmax", "gamma"],
        try calls.tiledAttention("input-bias", output: "gamma", logSumExp: "log-sum-exp", heads))
    case .materialised:
      step(
        ["softmax"],
        calls.fusedSoftmax("qkt", probabilities: "probabilities", output: "softmax"))
    }
  }

  static func step(_ rows: [String], _ call: OperatorCall, label: String? = nil) -> LayerStep {
    LayerStep(rows: rows, label: label ?? call.descriptor.label ?? call.descriptor.name, calls: [call])
  }
}
