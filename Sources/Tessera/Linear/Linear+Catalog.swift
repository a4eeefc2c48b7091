extension OperatorEntry {
  static let linear = OperatorEntry(.linear, variants: ContractionKernels.variants.map(\.instructionSet)) { request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let plan = try LinearPlan(
      input: request.layout("input", rows: rows, columns: depth),
      weight: request.layout("weight", rows: columns, columns: depth),
      output: request.layout("output", rows: rows, columns: columns), context: context)
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try plan.run(
        input: buffers.input("input"), weight: buffers.input("weight"), output: buffers.output("output"))
    }
  }
}
