extension LayerTable {
  /// The ten rows of the attention half.
  static func attentionRows(_ calls: LayerCalls, intermediates: Set<String>) -> [LayerRow] {
    let hidden = calls.problem.hidden
    return [
      LayerRow(
        "qkv", "Q, K, V", [calls.linear("x", "qkv-weight", columns: 3 * hidden, depth: hidden, output: "qkv")]),
      LayerRow("input-bias", "input bias", [calls.bias("qkv", "qkv-bias", columns: 3 * hidden, output: "input-bias")]),
      LayerRow("qkt", "QK^T", [calls.queryKeyProduct("input-bias", output: "qkt")]),
      LayerRow(
        "softmax", "scaled softmax",
        calls.scaledSoftmax(
          "qkt", scaled: "scaled-scores", probabilities: "probabilities", output: "softmax", mask: "softmax-mask"),
        intermediates: intermediates),
      LayerRow("gamma", "gamma", [calls.valueProduct("softmax", "input-bias", output: "gamma")]),
      LayerRow("out", "out", [calls.linear("gamma", "out-weight", columns: hidden, depth: hidden, output: "out")]),
      LayerRow("out-bias", "output bias", [calls.bias("out", "out-bias-vector", columns: hidden, output: "out-bias")]),
      LayerRow(
        "out-dropout", "dropout",
        [calls.dropout("out-bias", columns: hidden, place: .out, output: "out-dropout", mask: "out-dropout-mask")]),
      LayerRow("residual-1", "residual", [calls.residual("out-dropout", "x", output: "residual-1")]),
      LayerRow("layer-norm-1", "layer norm", [calls.layerNorm("residual-1", output: "layer-norm-1")]),
    ]
  }

  /// The nine rows of the feed-forward half.
  static func feedforwardRows(_ calls: LayerCalls) -> [LayerRow] {
    let (hidden, inner) = (calls.problem.hidden, calls.problem.feedforward)
    return [
      LayerRow(
        "linear-1", "linear 1",
        [calls.linear("layer-norm-1", "linear-1-weight", columns: inner, depth: hidden, output: "linear-1")]),
      LayerRow("ffn-bias", "bias", [calls.bias("linear-1", "ffn-bias-vector", columns: inner, output: "ffn-bias")]),
      LayerRow("relu", "ReLU", [calls.relu("ffn-bias", columns: inner, output: "relu")]),
      LayerRow(
        "ffn-dropout", "dropout",
        [calls.dropout("relu", columns: inner, place: .feedforward, output: "ffn-dropout", mask: "ffn-dropout-mask")]),
      LayerRow(
        "linear-2", "linear 2",
        [calls.linear("ffn-dropout", "linear-2-weight", columns: hidden, depth: inner, output: "linear-2")]),
      LayerRow("out2-bias", "bias", [calls.bias("linear-2", "out2-bias-vector", columns: hidden, output: "out2-bias")]),
      LayerRow(
        "out2-dropout", "dropout",
        [calls.dropout("out2-bias", columns: hidden, place: .out2, output: "out2-dropout", mask: "out2-dropout-mask")]),
      LayerRow("residual-2", "residual", [calls.residual("out2-dropout", "layer-norm-1", output: "residual-2")]),
      LayerRow("layer-norm-2", "layer norm", [calls.layerNorm("residual-2", output: "layer-norm-2")]),
    ]
  }
}
