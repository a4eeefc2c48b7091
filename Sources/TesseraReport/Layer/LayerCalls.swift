import Tessera

/// Calls in the layer's terms: each method is one operator on named tensors of this layer's sizes.
struct LayerCalls {
  let problem: LayerProblem
  /// Whether layer norm on its own keeps its statistics, which its gradients read.
  private let keepsStatistics: Bool

  init(_ problem: LayerProblem, keepsStatistics: Bool = false) {
    (self.problem, self.keepsStatistics) = (problem, keepsStatistics)
  }

  /// N × columns.
  func tokens(by columns: Int) -> Extents { [.rows: problem.tokens, .columns: columns] }

  /// output = input · weightᵀ, N × depth by columns × depth, as the baseline computes it.
  func linear(_ input: String, _ weight: String, columns: Int, depth: Int, output: String) -> OperatorCall {
    OperatorCall(
      .baselineLinear, [.rows: problem.tokens, .columns: columns, .depth: depth],
      ["input": input, "weight": weight, "output": output])
  }

  func bias(_ input: String, _ bias: String, columns: Int, output: String) -> OperatorCall {
    OperatorCall(.bias, tokens(by: columns), ["input": input, "bias": bias, "output": output])
  }

  func relu(_ input: String, columns: Int, output: String) -> OperatorCall {
    OperatorCall(.relu, tokens(by: columns), ["input": input, "output": output])
  }

  func dropout(
    _ input: String, columns: Int, place: EncoderLayerDropout, output: String, mask: String
  ) -> OperatorCall {
    OperatorCall(
      .dropout, tokens(by: columns), ["input": input, "output": output, "mask": mask], configure: { drop(&$0, place) })
  }

  func residual(_ input: String, _ residual: String, output: String) -> OperatorCall {
    OperatorCall(
      .residual, tokens(by: problem.hidden), ["input": input, "residual": residual, "output": output])
  }

  func layerNorm(_ input: String, output: String) -> OperatorCall {
    var tensors = ["input": input, "weight": output + "-weight", "shift": output + "-shift", "output": output]
    guard keepsStatistics else { return OperatorCall(.layerNorm, tokens(by: problem.hidden), tensors) }
    (tensors["mean"], tensors["inverse-deviation"]) = (output + "-mean", output + "-inverse-deviation")
    return OperatorCall(.layerNormKeepingStatistics, tokens(by: problem.hidden), tensors)
  }

  /// Bias, ReLU and dropout in one kernel; draws what the unfused dropout draws and stores no mask.
  func biasActivationDropout(
    _ input: String, bias: String, columns: Int, place: EncoderLayerDropout, output: String
  ) -> OperatorCall {
    OperatorCall(
      .biasActivationDropout, tokens(by: columns), ["input": input, "bias": bias, "output": output],
      configure: { drop(&$0, place) })
  }

  /// The fused kernel, on the tensors that the four unfused rows would use; `sum` is the residual row's result.
  func biasDropoutResidualLayerNorm(
    _ input: String, bias: String, residual: String, place: EncoderLayerDropout, sum: String, output: String
  ) -> OperatorCall {
    OperatorCall(
      .biasDropoutResidualLayerNorm, tokens(by: problem.hidden),
      [
        "input": input, "bias": bias, "residual": residual, "weight": output + "-weight", "shift": output + "-shift",
        "output": output, "sum": sum, "mean": output + "-mean", "inverse-deviation": output + "-inverse-deviation",
      ], configure: { drop(&$0, place) })
  }

  /// Sets one of the layer's dropouts; the place's number keeps their draws apart.
  func drop(_ request: inout OperatorRequest, _ place: EncoderLayerDropout) {
    request.dropProbability = problem.dropout
    request.seed = problem.seed
    request.offset = place.rawValue
  }
}
