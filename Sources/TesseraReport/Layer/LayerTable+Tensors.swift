extension LayerTable {
  /// A result has its row's id, or says what of the row's it is.
  ///
  /// Inputs have unit variance (uniform in ±√3), and each weight ±√(3 / fan-in), so that every contraction's results
  /// have about unit variance too and the layer stays finite at any size.
  static func tensors(_ problem: LayerProblem) -> [LayerTensor] {
    let (tokens, hidden, inner) = (problem.tokens, problem.hidden, problem.feedforward)
    let scores = [problem.planes, problem.length, problem.length].reduce(1, *)
    func weight(_ name: String, _ columns: Int, _ depth: Int) -> LayerTensor {
      LayerTensor(name, columns, depth, content: .fixed(reach: (3 / Float(depth)).squareRoot()))
    }
    func bias(_ name: String, _ columns: Int) -> LayerTensor {
      LayerTensor(name, columns, content: .fixed(reach: 0.1))
    }
    func gain(_ name: String) -> LayerTensor { LayerTensor(name, hidden, content: .fixed(centre: 1, reach: 0.1)) }
    func normalization(_ place: Int) -> [LayerTensor] {
      [
        gain("layer-norm-\(place)-weight"), bias("layer-norm-\(place)-shift", hidden),
        LayerTensor("layer-norm-\(place)", tokens, hidden),
        LayerTensor("layer-norm-\(place)-mean", tokens),
        LayerTensor("layer-norm-\(place)-inverse-deviation", tokens),
      ]
    }
    let attention = [
      LayerTensor("x", tokens, hidden, content: .fixed(reach: Float(3).squareRoot())),
      weight("qkv-weight", 3 * hidden, hidden), bias("qkv-bias", 3 * hidden),
      LayerTensor("qkv", tokens, 3 * hidden), LayerTensor("input-bias", tokens, 3 * hidden),
      LayerTensor("qkt", scores), LayerTensor("scaled-scores", scores, content: .intermediate),
      LayerTensor("probabilities", scores), LayerTensor("softmax", scores),
      LayerTensor("softmax-mask", scores, of: .uint8), LayerTensor("gamma", tokens, hidden),
      LayerTensor("log-sum-exp", problem.planes, problem.length),
      weight("out-weight", hidden, hidden), LayerTensor("out", tokens, hidden), bias("out-bias-vector", hidden),
      LayerTensor("out-bias", tokens, hidden), LayerTensor("out-dropout", tokens, hidden),
      LayerTensor("out-dropout-mask", tokens, hidden, of: .uint8), LayerTensor("residual-1", tokens, hidden),
    ]
    let feedforward = [
      weight("linear-1-weight", inner, hidden), bias("ffn-bias-vector", inner),
      LayerTensor("linear-1", tokens, inner), LayerTensor("ffn-bias", tokens, inner),
      LayerTensor("relu", tokens, inner), LayerTensor("ffn-dropout", tokens, inner),
      LayerTensor("ffn-dropout-mask", tokens, inner, of: .uint8),
      weight("linear-2-weight", hidden, inner), LayerTensor("linear-2", tokens, hidden),
      bias("out2-bias-vector", hidden), LayerTensor("out2-bias", tokens, hidden),
      LayerTensor("out2-dropout", tokens, hidden), LayerTensor("out2-dropout-mask", tokens, hidden, of: .uint8),
      LayerTensor("residual-2", tokens, hidden),
    ]
    return attention + normalization(1) + feedforward + normalization(2)
  }
}
