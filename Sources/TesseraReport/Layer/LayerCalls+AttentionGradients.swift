import Tessera

/// Attention's backward rows, on heads that lie inside token rows.
extension LayerCalls {
  /// The paper's dX1 Γ: probabilities' gradient = output's gradient · Vᵀ.
  func probabilityGradient(_ outputGradient: String, _ qkv: String, output: String) -> OperatorCall {
    product(
      .baselineBatchedContraction, (problem.length, problem.length, problem.headWidth),
      (outputGradient, heads(ofWidth: problem.hidden, from: 0)), (qkv, third(2, .tokenRows)), (output, nil),
      transposesRight: true)
  }

  /// dX2 Γ: V's gradient = probabilitiesᵀ · output's gradient.
  func valueGradient(_ probabilities: String, _ outputGradient: String, output: String) -> OperatorCall {
    product(
      .baselineTransposedContraction, (problem.length, problem.headWidth, problem.length), (probabilities, nil),
      (outputGradient, heads(ofWidth: problem.hidden, from: 0)), (output, third(2, .tokenRows)))
  }

  /// dX1 QKᵀ: Q's gradient = scores' gradient · K.
  func queryGradient(_ scoreGradient: String, _ qkv: String, output: String) -> OperatorCall {
    product(
      .baselineBatchedContraction, (problem.length, problem.headWidth, problem.length), (scoreGradient, nil),
      (qkv, third(1, .tokenRows)), (output, third(0, .tokenRows)))
  }

  /// dX2 QKᵀ: K's gradient = scores' gradientᵀ · Q.
  func keyGradient(_ scoreGradient: String, _ qkv: String, output: String) -> OperatorCall {
    product(
      .baselineTransposedContraction, (problem.length, problem.headWidth, problem.length), (scoreGradient, nil),
      (qkv, third(0, .tokenRows)), (output, third(1, .tokenRows)))
  }

  /// Dropout's gradient by its stored mask, softmax's, the scale's: three operators, each from memory to memory.
  func scaledSoftmaxGradient(
    _ outputGradient: String, mask: String, probabilities: String, dropped: String, unscaled: String, output: String
  ) -> [OperatorCall] {
    let extents: Extents = [.planes: problem.planes, .rows: problem.length, .columns: problem.length]
    let rows: Extents = [.rows: problem.planes * problem.length, .columns: problem.length]
    return [
      OperatorCall(
        .baselineDropoutGradient, rows,
        ["output-gradient": outputGradient, "mask": mask, "input-gradient": dropped],
        configure: { $0.dropProbability = problem.dropout }),
      OperatorCall(
        .softmaxGradient, extents,
        ["output-gradient": dropped, "probabilities": probabilities, "input-gradient": unscaled],
        configure: { $0.mode = .inference }),
      OperatorCall(.scale, extents, ["input": unscaled, "output": output]) { request in
        request.scale = 1 / Float(problem.headWidth).squareRoot()
      },
    ]
  }

  /// BS: the three in one kernel; draws what the forward call drew.
  func fusedSoftmaxGradient(_ outputGradient: String, probabilities: String, output: String) -> OperatorCall {
    OperatorCall(
      .scaledMaskedSoftmaxDropoutGradient,
      [.planes: problem.planes, .rows: problem.length, .columns: problem.length],
      ["output-gradient": outputGradient, "probabilities": probabilities, "input-gradient": output]
    ) { request in
      request.scale = 1 / Float(problem.headWidth).squareRoot()
      drop(&request, .attention)
    }
  }

  /// All five products, softmax, scale and dropout without stored scores. Gradients are token rows: `outputStride` and
  /// `jointStride` elements apart.
  func tiledAttentionGradients(
    _ qkv: String, _ placement: HeadPlacement, attended: String, logSumExp: String,
    outputGradient: String, outputStride: Int, output: String, jointStride: Int
  ) throws(TesseraError) -> OperatorCall {
    var attention = try attention(placement)
    attention.gradients.output = heads(ofWidth: outputStride, from: 0)
    attention.gradients.queries = heads(ofWidth: jointStride, from: 0)
    attention.gradients.keys = heads(ofWidth: jointStride, from: problem.hidden)
    attention.gradients.values = heads(ofWidth: jointStride, from: 2 * problem.hidden)
    return OperatorCall(
      .attentionGradients, try OperatorRequest(attention),
      [
        "queries": qkv, "keys": qkv, "values": qkv, "output": attended, "log-sum-exp": logSumExp,
        "output-gradient": outputGradient, "queries-gradient": output, "keys-gradient": output,
        "values-gradient": output,
      ])
  }

  /// output = left · right for each head; a layout that is nil is without gaps.
  private func product(
    _ descriptor: OperatorDescriptor, _ sizes: (rows: Int, columns: Int, depth: Int),
    _ left: (tensor: String, layout: BatchedMatrixLayout?), _ right: (tensor: String, layout: BatchedMatrixLayout?),
    _ output: (tensor: String, layout: BatchedMatrixLayout?), transposesRight: Bool = false
  ) -> OperatorCall {
    OperatorCall(
      descriptor,
      [.planes: problem.planes, .rows: sizes.rows, .columns: sizes.columns, .depth: sizes.depth],
      ["left": left.tensor, "right": right.tensor, "output": output.tensor]
    ) { request in
      request.transposesRight = transposesRight
      request.batchedLayouts["left"] = left.layout
      request.batchedLayouts["right"] = right.layout
      request.batchedLayouts["output"] = output.layout
    }
  }
}
