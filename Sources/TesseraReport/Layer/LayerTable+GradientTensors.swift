import Tessera

extension LayerTable {
  /// Gradients of results and parameters, and the four matrices that full fusion's backward pass goes through in turn,
  /// as `EncoderLayerBackward` does. The gradient of the output is given.
  static func gradientTensors(_ problem: LayerProblem) -> [LayerTensor] {
    let (tokens, hidden, inner) = (problem.tokens, problem.hidden, problem.feedforward)
    let scores = [problem.planes, problem.length, problem.length].reduce(1, *)
    func gradients(_ names: [String], _ extents: Int...) -> [LayerTensor] {
      names.map { LayerTensor($0 + "-gradient", extents.reduce(1, *)) }
    }
    return [LayerTensor("output-gradient", tokens, hidden, content: .fixed(reach: 1))]
      + gradients(
        [
          "residual-2", "linear-2", "linear-1-input", "layer-norm-1", "residual-1", "out", "gamma", "qkv-input", "x",
        ], tokens, hidden)
      + gradients(["ffn-dropout", "relu", "linear-1"], tokens, inner)
      + gradients(["input-bias"], tokens, 3 * hidden) + gradients(["softmax", "qkt"], scores)
      + ["probabilities", "scaled-scores"].map {
        LayerTensor($0 + "-gradient", scores, content: .intermediate)
      }
      + gradients(["qkv-weight"], 3 * hidden, hidden) + gradients(["out-weight"], hidden, hidden)
      + gradients(["linear-1-weight", "linear-2-weight"], inner, hidden)
      + gradients(["qkv-bias"], 3 * hidden) + gradients(["ffn-bias-vector"], inner)
      + gradients(
        [
          "out-bias-vector", "out2-bias-vector", "layer-norm-1-weight", "layer-norm-1-shift", "layer-norm-2-weight",
          "layer-norm-2-shift",
        ], hidden)
      + [
        LayerTensor("stream", tokens, hidden), LayerTensor("branch", tokens, hidden),
        LayerTensor("attended", tokens, attendedStride(problem)),
        LayerTensor("wide", tokens, max(inner, jointStride(problem))),
      ]
  }

  /// Between rows of the gradient of attention's result, and of those of queries, keys and values, as
  /// `EncoderLayerBackward` has them.
  static func attendedStride(_ problem: LayerProblem) -> Int {
    EncoderLayerProblem.gradientStride(columns: problem.hidden)
  }
  static func jointStride(_ problem: LayerProblem) -> Int {
    EncoderLayerProblem.gradientStride(columns: 3 * problem.hidden)
  }
}
