extension OperatorEntry {
  /// A call in place adds to the residual; one that is not has none.
  static let storedLinear = OperatorEntry(
    .storedLinear, variants: StoredKernels.variants.map(\.instructionSet),
    describe: { request in .storedLinear(request.weightType, accumulates: request.isInPlace) }
  ) { request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let plan = try StoredLinearPlan(
      request.weightType, input: request.layout("input", rows: rows, columns: depth),
      output: request.layout("output", rows: rows, columns: columns), accumulates: request.isInPlace,
      context: context)
    // Of weights a layout says where they begin, in bytes.
    let start = request.layouts["weight"]?.offset ?? 0
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try plan.run(
        input: buffers.input("input"), weight: buffers.stored("weight", from: start), output: buffers.output("output"))
    }
  }
}
