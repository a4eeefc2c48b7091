import Tessera

extension LayerTable {
  /// The fused kernels in place of unfused rows; one line a place.
  static func fusions(_ calls: LayerCalls, _ attention: LayerAttention) throws(TesseraError) -> [LayerStep] {
    [
      step(["input-bias"], calls.attentionInputBias("qkv", bias: "qkv-bias", output: "input-bias")),
      try Self.attention(calls, attention),
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

  /// The library's own linear maps in place of the baseline's. They fuse nothing.
  static func linearMaps(_ rows: [LayerRow]) -> [LayerStep] {
    rows.flatMap { row in
      row.calls.filter { $0.descriptor == .baselineLinear }.map { call in
        LayerStep(rows: [row.id], label: linearLabel, calls: [OperatorCall(.linear, call.request, call.tensors)])
      }
    }
  }

  /// Of the library's `linear` in the tables: the paper has no label for it, as it has none for `TILED`.
  static let linearLabel = "LINEAR"

  private static func attention(
    _ calls: LayerCalls, _ recipe: LayerAttention
  ) throws(TesseraError) -> LayerStep {
    switch recipe {
    case .tiled:
      step(
        ["qkt", "softmax", "gamma"],
        try calls.tiledAttention("input-bias", output: "gamma", logSumExp: "log-sum-exp"))
    case .materialised:
      step(
        ["softmax"],
        calls.fusedSoftmax("qkt", probabilities: "probabilities", output: "softmax"))
    }
  }

  private static func step(_ rows: [String], _ call: OperatorCall) -> LayerStep {
    LayerStep(rows: rows, label: call.descriptor.label ?? call.descriptor.name, calls: [call])
  }
}
