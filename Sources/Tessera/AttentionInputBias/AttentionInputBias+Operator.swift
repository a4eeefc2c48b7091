extension OperatorDescriptor {
  /// The paper's AIB: the bias of queries, keys and values, with the split into heads.
  ///
  /// In place the heads stay side by side in their tokens' rows. It keeps nothing: the gradient of the bias is a sum of
  /// the outputs' gradients.
  public static let attentionInputBias = OperatorDescriptor(
    name: "attention-input-bias", label: "AIB", operatorClass: .elementWise, fuses: ["bias"],
    formula: "queries[b][h][i][d] = input[b][i][h, d] + bias[h, d]; keys and values likewise, of the heads after those",
    floatingPointOperations: Operand.Shape.projection(rows: .queryLength).count,
    reads: [
      Operand("input", .projection(rows: .queryLength)), Operand("bias", .projectionVector, role: .parameter),
    ],
    writes: [
      Operand("queries", .heads(.queryHeads, rows: .queryLength, columns: .headDimension)),
      Operand("keys", .heads(.keyValueHeads, rows: .queryLength, columns: .headDimension)),
      Operand("values", .heads(.keyValueHeads, rows: .queryLength, columns: .headDimension)),
    ], aliasing: ["queries": ["input"], "keys": ["input"], "values": ["input"]])
}

extension OperatorEntry {
  static let attentionInputBias = OperatorEntry(
    .attentionInputBias, variants: AttentionInputBiasKernels.variants.map(\.instructionSet)
  ) { request, context throws(TesseraError) in
    var problem = AttentionInputBiasProblem(request)
    problem.input = request.layouts["input"] ?? problem.input
    if request.isInPlace {
      let layouts = problem.inPlace
      problem.queries = request.batchedLayouts["queries"] ?? layouts.queries
      problem.keys = request.batchedLayouts["keys"] ?? layouts.keys
      problem.values = request.batchedLayouts["values"] ?? layouts.values
    }
    let plan = try AttentionInputBiasPlan(problem, context: context)
    return PreparedOperator { buffers throws(TesseraError) in
      try plan.run(AttentionInputBiasPlan.Operands(buffers))
    }
  }
}

extension AttentionInputBiasProblem {
  /// A request's sizes, and where its outputs lie.
  init(_ request: OperatorRequest) {
    let extents = request.extents
    self.init(
      batch: extents[.batch], length: extents[.queryLength], queryHeads: extents[.queryHeads],
      keyValueHeads: extents[.keyValueHeads], headDimension: extents[.headDimension])
    queries = request.batchedLayouts["queries"] ?? queries
    keys = request.batchedLayouts["keys"] ?? keys
    values = request.batchedLayouts["values"] ?? values
  }
}

extension AttentionInputBiasPlan.Operands {
  /// A call's memory, by the descriptor's names.
  init(_ buffers: OperandBuffers) {
    self.init(
      input: buffers.input("input"), bias: buffers.input("bias"),
      outputs: [buffers.output("queries"), buffers.output("keys"), buffers.output("values")])
  }
}
