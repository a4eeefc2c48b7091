extension OperatorEntry {
  static let attention = OperatorEntry(
    .attention, variants: AttentionKernels.variants.map(\.instructionSet)
  ) { request, context throws(TesseraError) in
    let plan = try AttentionPlan(for: try request.attentionProblem, context: context)
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try plan.attend(
        to: AttentionBuffers(
          queries: buffers.input("queries"), keys: buffers.input("keys"), values: buffers.input("values"),
          bias: buffers.input("bias"), mask: buffers.inputBytes("mask"), output: buffers.output("output"),
          logSumExp: buffers.output("log-sum-exp")))
    }
  }
}

extension OperatorRequest {
  /// The given problem; else full attention of the extents, with the request's dropout in training.
  var attentionProblem: AttentionProblem {
    get throws(TesseraError) {
      if let attention { return attention }
      var problem = AttentionProblem(
        batch: extents[.batch], queryHeads: extents[.queryHeads], keyValueHeads: extents[.keyValueHeads],
        queryLength: extents[.queryLength], keyLength: extents[.keyLength], headDimension: extents[.headDimension],
        valueDimension: extents[.valueDimension])
      problem.writesLogSumExp = mode == .training
      problem.dropout = mode == .training ? try dropout : nil
      return problem
    }
  }
}
