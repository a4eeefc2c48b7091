extension OperatorEntry {
  static let mergeAttention = OperatorEntry(
    .mergeAttention, variants: AttentionKernels.variants.map(\.instructionSet)
  ) { request, context throws(TesseraError) in
    let (rows, columns) = (request.extents[.rows], request.extents[.columns])
    let plan = try MergeAttentionPlan(
      first: request.layout("first", rows: rows, columns: columns),
      second: request.layout("second", rows: rows, columns: columns),
      output: request.layout("output", rows: rows, columns: columns), context: context)
    return PreparedOperator { buffers throws(TesseraError) in
      try plan.run(
        MergeAttentionPlan.Operands(
          first: buffers.input("first"), firstLogSumExp: buffers.input("first-log-sum-exp"),
          second: buffers.input("second"), secondLogSumExp: buffers.input("second-log-sum-exp"),
          output: buffers.output("output"), logSumExp: buffers.output("log-sum-exp")))
    }
  }
}
