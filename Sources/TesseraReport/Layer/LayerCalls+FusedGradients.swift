import Tessera

/// Gradients of the library's own maps, with what rides on them, in the layer's terms.
extension LayerCalls {
  /// dX of a map, whose rows are further apart than they are long.
  func inputGradient(
    _ outputGradient: String, _ weight: String, columns: Int, depth: Int, output: String, outputStride: Int
  ) -> OperatorCall {
    OperatorCall(
      .linearInputGradient, [.rows: problem.tokens, .columns: columns, .depth: depth],
      ["output-gradient": outputGradient, "weight": weight, "input-gradient": output]
    ) { request in
      request.layouts["input-gradient"] = apart(depth, outputStride)
    }
  }

  /// dX of a map, through the dropout and the ReLU before it; draws nothing, as `saved` has the zeros of what was
  /// dropped.
  func inputGradientActivationDropout(
    _ outputGradient: String, _ weight: String, columns: Int, depth: Int, saved: String, place: EncoderLayerDropout,
    output: String
  ) -> OperatorCall {
    OperatorCall(
      .linearInputGradientActivationDropout, [.rows: problem.tokens, .columns: columns, .depth: depth],
      [
        "output-gradient": outputGradient, "weight": weight, "activation-output": saved, "input-gradient": output,
      ], configure: { drop(&$0, place) })
  }

  /// dX of a map and the gradient of another way together.
  func inputGradientResidual(
    _ outputGradient: String, _ weight: String, columns: Int, depth: Int, residual: String, output: String,
    stride: Int? = nil
  ) -> OperatorCall {
    OperatorCall(
      .linearInputGradientResidual, [.rows: problem.tokens, .columns: columns, .depth: depth],
      ["output-gradient": outputGradient, "weight": weight, "residual": residual, "input-gradient": output]
    ) { $0.layouts["output-gradient"] = apart(columns, stride) }
  }

  /// dW of a map and its bias's gradient.
  func weightGradient(
    _ outputGradient: String, _ input: String, columns: Int, depth: Int, _ output: String, stride: Int? = nil,
    biasGradient: String
  ) -> OperatorCall {
    OperatorCall(
      .linearWeightGradient, [.rows: problem.tokens, .columns: columns, .depth: depth],
      [
        "output-gradient": outputGradient, "input": input, "weight-gradient": output, "bias-gradient": biasGradient,
      ]
    ) { $0.layouts["output-gradient"] = apart(columns, stride) }
  }

  private func apart(_ columns: Int, _ stride: Int?) -> MatrixLayout? {
    stride.map { MatrixLayout(rows: problem.tokens, columns: columns, rowStride: $0) }
  }
}
