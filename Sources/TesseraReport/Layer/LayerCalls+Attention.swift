import Tessera

/// The three rows between the Q, K, V projection and the out projection, on heads that lie inside token rows.
extension LayerCalls {
  /// The bias of Q, K and V; their heads stay side by side in the token rows, where all rows below expect them, or go
  /// to thirds of the tensor, head by head.
  func attentionInputBias(
    _ qkv: String, bias: String, output: String, _ placement: HeadPlacement = .tokenRows
  ) -> OperatorCall {
    var split = AttentionInputBiasProblem(
      batch: problem.batch, length: problem.length, queryHeads: problem.heads, headDimension: problem.headWidth)
    (split.queries, split.keys, split.values) = (third(0, placement), third(1, placement), third(2, placement))
    return OperatorCall(
      .attentionInputBias, OperatorRequest(split),
      ["input": qkv, "bias": bias, "queries": output, "keys": output, "values": output])
  }

  /// scores[b·H + h] = Q Kᵀ, each a third of the same tensor.
  func queryKeyProduct(_ qkv: String, output: String) -> OperatorCall {
    OperatorCall(
      .batchedContraction,
      [.planes: problem.planes, .rows: problem.length, .columns: problem.length, .depth: problem.headWidth],
      ["left": qkv, "right": qkv, "output": output]
    ) { request in
      request.transposesRight = true
      request.batchedLayouts["left"] = heads(ofWidth: 3 * problem.hidden, from: 0)
      request.batchedLayouts["right"] = heads(ofWidth: 3 * problem.hidden, from: problem.hidden)
    }
  }

  /// scores / √P, softmax, dropout: three operators, each from memory to memory.
  func scaledSoftmax(
    _ scores: String, scaled: String, probabilities: String, output: String, mask: String
  ) -> [OperatorCall] {
    let extents: Extents = [.planes: problem.planes, .rows: problem.length, .columns: problem.length]
    return [
      OperatorCall(.scale, extents, ["input": scores, "output": scaled]) { request in
        request.scale = 1 / Float(problem.headWidth).squareRoot()
      },
      OperatorCall(.softmax, extents, ["input": scaled, "output": probabilities]),
      OperatorCall(
        .dropout, extents, ["input": probabilities, "output": output, "mask": mask],
        configure: { drop(&$0, .attention) }),
    ]
  }

  /// The paper's Γ: probabilities · V, each head's result into its columns of the token rows.
  func valueProduct(_ probabilities: String, _ qkv: String, output: String) -> OperatorCall {
    OperatorCall(
      .batchedContraction,
      [.planes: problem.planes, .rows: problem.length, .columns: problem.headWidth, .depth: problem.length],
      ["left": probabilities, "right": qkv, "output": output]
    ) { request in
      request.batchedLayouts["right"] = heads(ofWidth: 3 * problem.hidden, from: 2 * problem.hidden)
      request.batchedLayouts["output"] = heads(ofWidth: problem.hidden, from: 0)
    }
  }

  /// QKᵀ, scale, softmax, dropout and Γ without stored scores; each query's log-sum-exp is kept.
  func tiledAttention(
    _ qkv: String, output: String, logSumExp: String, _ placement: HeadPlacement = .tokenRows
  ) throws(TesseraError) -> OperatorCall {
    OperatorCall(
      .attention, try OperatorRequest(try attention(placement)),
      ["queries": qkv, "keys": qkv, "values": qkv, "output": output, "log-sum-exp": logSumExp])
  }

  /// Attention on a joint tensor of queries, keys and values, in training.
  func attention(_ placement: HeadPlacement) throws(TesseraError) -> AttentionProblem {
    var attention = AttentionProblem(
      batch: problem.batch, queryHeads: problem.heads, queryLength: problem.length, headDimension: problem.headWidth)
    attention.queries = third(0, placement)
    attention.keys = third(1, placement)
    attention.values = third(2, placement)
    attention.output = heads(ofWidth: problem.hidden, from: 0)
    attention.dropout = try Dropout(
      probability: problem.dropout, seed: problem.seed, offset: EncoderLayerDropout.attention.rawValue)
    attention.writesLogSumExp = true
    return attention
  }

  /// Scale, softmax and dropout over stored scores in one kernel; draws what the unfused dropout draws.
  func fusedSoftmax(_ scores: String, probabilities: String, output: String) -> OperatorCall {
    OperatorCall(
      .scaledMaskedSoftmaxDropout, [.planes: problem.planes, .rows: problem.length, .columns: problem.length],
      ["input": scores, "output": output, "probabilities": probabilities]
    ) { request in
      request.scale = 1 / Float(problem.headWidth).squareRoot()
      drop(&request, .attention)
    }
  }

  /// Queries (0), keys (1) or values (2) in their joint tensor.
  func third(_ index: Int, _ placement: HeadPlacement) -> BatchedMatrixLayout {
    switch placement {
    case .tokenRows: return heads(ofWidth: 3 * problem.hidden, from: index * problem.hidden)
    case .headsFirst:
      var layout = BatchedMatrixLayout(
        batch: problem.batch, heads: problem.heads, rows: problem.length, columns: problem.headWidth,
        order: .headsFirst)
      layout.offset = index * problem.tokens * problem.hidden
      return layout
    }
  }

  /// Plane b·H + h: L rows of P columns in token rows of `rowWidth`, heads side by side from column `first` on.
  func heads(ofWidth rowWidth: Int, from first: Int) -> BatchedMatrixLayout {
    BatchedMatrixLayout(
      planes: problem.planes, innerPlanes: problem.heads, rows: problem.length, columns: problem.headWidth,
      outerStride: problem.length * rowWidth, innerStride: problem.headWidth, rowStride: rowWidth, offset: first)
  }
}
