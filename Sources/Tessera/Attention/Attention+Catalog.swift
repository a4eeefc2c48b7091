extension OperatorEntry {
  static let attention = OperatorEntry(
    .attention, variants: AttentionKernels.variants.map(\.instructionSet)
  ) { request, context throws(TesseraError) in
    let plan = try AttentionPlan(for: try request.attentionProblem, context: context)
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try plan.attend(
        to: AttentionBuffers(
          queries: buffers.input("queries"), keys: UnsafeRawBufferPointer(buffers.input("keys")),
          values: UnsafeRawBufferPointer(buffers.input("values")), bias: buffers.input("bias"),
          mask: buffers.inputBytes("mask"),
          slopes: buffers.input("slopes"), sinks: buffers.input("sinks"), output: buffers.output("output"),
          logSumExp: buffers.output("log-sum-exp")))
    }
  }
}
