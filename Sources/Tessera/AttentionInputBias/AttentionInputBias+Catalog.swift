extension OperatorEntry {
  static let attentionInputBias = OperatorEntry(
    .attentionInputBias, variants: AttentionInputBiasKernels.variants.map(\.instructionSet)
  ) { request, context throws(TesseraError) in
    let extents = request.extents
    var problem = AttentionInputBiasProblem(
      batch: extents[.batch], length: extents[.queryLength], queryHeads: extents[.queryHeads],
      keyValueHeads: extents[.keyValueHeads], headDimension: extents[.headDimension])
    problem.input = request.layouts["input"] ?? problem.input
    if request.isInPlace { problem = problem.inPlace }
    problem.queries = request.batchedLayouts["queries"] ?? problem.queries
    problem.keys = request.batchedLayouts["keys"] ?? problem.keys
    problem.values = request.batchedLayouts["values"] ?? problem.values
    let plan = try AttentionInputBiasPlan(problem, context: context)
    return PreparedOperator { buffers throws(TesseraError) in
      try plan.run(
        .init(
          input: buffers.input("input"), bias: buffers.input("bias"),
          outputs: [buffers.output("queries"), buffers.output("keys"), buffers.output("values")]))
    }
  }
}
