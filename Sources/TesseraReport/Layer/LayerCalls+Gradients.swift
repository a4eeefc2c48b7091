import Tessera

/// Gradients in the layer's terms. A gradient has the name of its tensor and `-gradient`.
extension LayerCalls {
  /// dX of a linear map, N × columns by columns × depth, as the baseline computes it.
  func linearInputGradient(
    _ outputGradient: String, _ weight: String, columns: Int, depth: Int, output: String
  ) -> OperatorCall {
    OperatorCall(
      .baselineLinearInputGradient, [.rows: problem.tokens, .columns: columns, .depth: depth],
      ["output-gradient": outputGradient, "weight": weight, "input-gradient": output])
  }

  /// dW of a linear map, without its bias's, as the baseline computes it.
  func linearWeightGradient(
    _ outputGradient: String, _ input: String, columns: Int, depth: Int, output: String
  ) -> OperatorCall {
    OperatorCall(
      .baselineLinearWeightGradient, [.rows: problem.tokens, .columns: columns, .depth: depth],
      ["output-gradient": outputGradient, "input": input, "weight-gradient": output]
    ) { $0.hasBias = false }
  }

  /// The gradient of a bias on `columns` columns.
  func biasGradient(_ outputGradient: String, columns: Int, output: String) -> OperatorCall {
    OperatorCall(
      .biasGradient, tokens(by: columns), ["output-gradient": outputGradient, "bias-gradient": output])
  }

  /// The gradient through a dropout whose mask was stored, as the baseline computes it.
  func dropoutGradient(_ outputGradient: String, mask: String, columns: Int, output: String) -> OperatorCall {
    OperatorCall(
      .baselineDropoutGradient, tokens(by: columns),
      ["output-gradient": outputGradient, "mask": mask, "input-gradient": output],
      configure: { $0.dropProbability = problem.dropout })
  }

  /// The gradient through ReLU, as the baseline computes it.
  func reluGradient(_ outputGradient: String, saved: String, columns: Int, output: String) -> OperatorCall {
    OperatorCall(
      .baselineReLUGradient, tokens(by: columns),
      ["output-gradient": outputGradient, "output": saved, "input-gradient": output])
  }

  /// The sum of what came back on two ways: BEI.
  func gradientSum(_ first: String, _ second: String, output: String) -> OperatorCall {
    OperatorCall(
      .gradientSum, [.planes: 1, .rows: problem.tokens, .columns: problem.hidden],
      ["input": first, "residual": second, "output": output])
  }

  /// BSB: the gradients of a norm's weight and shift. `norm` is the norm's id.
  func layerNormParameterGradients(_ outputGradient: String, sum: String, norm: String) -> OperatorCall {
    OperatorCall(
      .layerNormParameterGradients, tokens(by: problem.hidden),
      kept(sum, norm).merging([
        "output-gradient": outputGradient, "weight-gradient": norm + "-weight-gradient",
        "shift-gradient": norm + "-shift-gradient",
      ]) { $1 })
  }

  /// Layer norm's dX.
  func layerNormGradient(_ outputGradient: String, sum: String, norm: String, output: String) -> OperatorCall {
    OperatorCall(
      .layerNormGradient, tokens(by: problem.hidden),
      kept(sum, norm).merging([
        "output-gradient": outputGradient, "weight": norm + "-weight", "residual-gradient": output,
      ]) { $1 }
    ) { $0.mode = .inference }
  }

  /// BLNRD; draws what the forward call drew.
  func layerNormDropoutGradient(
    _ outputGradient: String, sum: String, norm: String, place: EncoderLayerDropout, residual: String, output: String
  ) -> OperatorCall {
    OperatorCall(
      .biasDropoutResidualLayerNormGradient, tokens(by: problem.hidden),
      kept(sum, norm).merging([
        "output-gradient": outputGradient, "weight": norm + "-weight", "residual-gradient": residual,
        "input-gradient": output,
      ]) { $1 }, configure: { drop(&$0, place) })
  }

  /// BDRB.
  func biasActivationDropoutGradient(
    _ outputGradient: String, saved: String, columns: Int, place: EncoderLayerDropout, output: String,
    biasGradient: String
  ) -> OperatorCall {
    OperatorCall(
      .biasActivationDropoutGradient, [.planes: 1, .rows: problem.tokens, .columns: columns],
      ["output-gradient": outputGradient, "output": saved, "input-gradient": output, "bias-gradient": biasGradient],
      configure: { drop(&$0, place) })
  }

  /// EBSB: `branch` is the gradient that BLNRD wrote for the bias below the later norm.
  func residualLayerNormParameterGradients(
    _ first: String, _ second: String, sum: String, norm: String, output: String, branch: String, bias: String
  ) -> OperatorCall {
    OperatorCall(
      .residualLayerNormParameterGradients, tokens(by: problem.hidden),
      kept(sum, norm).merging([
        "output-gradient": first, "second-gradient": second, "gradient-sum": output, "input-gradient": branch,
        "bias-gradient": bias, "weight-gradient": norm + "-weight-gradient",
        "shift-gradient": norm + "-shift-gradient",
      ]) { $1 })
  }

  /// What a norm's forward call kept, as its gradients read it.
  private func kept(_ sum: String, _ norm: String) -> [String: String] {
    ["sum": sum, "mean": norm + "-mean", "inverse-deviation": norm + "-inverse-deviation"]
  }
}
