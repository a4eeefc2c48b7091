extension OperatorEntry {
  static let softmax = OperatorEntry(.softmax, variants: SoftmaxKernels.variants.map(\.instructionSet)) {
    request, context throws(TesseraError) in
    let (planes, columns) = (request.extents[.planes], request.extents[.columns])
    let rows = planes * request.extents[.rows]
    let plan = try SoftmaxPlan(
      planes: planes, input: request.layout("input", rows: rows, columns: columns),
      output: request.layout("output", rows: rows, columns: columns), context: context)
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try plan.run(input: buffers.input("input"), output: buffers.output("output"))
    }
  }
}
