extension OperatorDescriptor {
  /// Two results of attention over different keys as one.
  public static let mergeAttention = OperatorDescriptor(
    name: "merge-attention", operatorClass: .elementWise,
    formula: """
      log-sum-exp[r] = ln(exp(l₁[r]) + exp(l₂[r])); \
      output[r][c] = exp(l₁[r] − log-sum-exp[r]) · first[r][c] + exp(l₂[r] − log-sum-exp[r]) · second[r][c]
      """,
    floatingPointOperations: Count(3, .rows, .columns),
    reads: [
      Operand("first", .matrix(.rows, .columns)),
      Operand("first-log-sum-exp", .vector(.rows), role: .rowStatistic),
      Operand("second", .matrix(.rows, .columns)),
      Operand("second-log-sum-exp", .vector(.rows), role: .rowStatistic),
    ],
    writes: [
      Operand("output", .matrix(.rows, .columns)), Operand("log-sum-exp", .vector(.rows), role: .rowStatistic),
    ], aliasing: ["output": ["first"], "log-sum-exp": ["first-log-sum-exp"]])
}

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
