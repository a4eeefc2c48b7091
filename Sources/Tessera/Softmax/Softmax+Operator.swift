extension OperatorDescriptor {
  /// Softmax over the columns of each row.
  public static let softmax = OperatorDescriptor(
    name: "softmax", operatorClass: .statisticalNormalization,
    formula: "output[r][c] = exp(input[r][c] − m[r]) / Σ exp(input[r][c′] − m[r]),  m[r] = max input[r][c′]",
    // Subtract, exponential, sum, divide: with scale and dropout the 6 an element of the paper's row.
    floatingPointOperations: Count(4, .planes, .rows, .columns),
    reads: [Operand("input", .batchedMatrix(.rows, .columns))],
    writes: [Operand("output", .batchedMatrix(.rows, .columns))], aliasing: ["output": ["input"]])
}

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
