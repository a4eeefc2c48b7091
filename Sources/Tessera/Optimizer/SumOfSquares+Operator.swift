extension OperatorDescriptor {
  /// The sum of squares of all elements: of gradients, the square of their norm.
  public static let sumOfSquares = OperatorDescriptor(
    name: "sum-of-squares", operatorClass: .statisticalNormalization, formula: "output = Σ input[r][c]²",
    floatingPointOperations: Count(2, .rows, .columns), reads: [Operand("input", .matrix(.rows, .columns))],
    writes: [Operand("output", .single, role: .rowStatistic)])
}

extension OperatorEntry {
  /// The catalog's call rounds the sum to float.
  static let sumOfSquares = OperatorEntry(.sumOfSquares, variants: OptimizerKernels.variants.map(\.instructionSet)) {
    request, context throws(TesseraError) in
    let plan = try SumOfSquaresPlan(
      input: request.layout("input", rows: request.extents[.rows], columns: request.extents[.columns]),
      context: context)
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      let output = buffers.output("output")
      try checkVector(output.count, expected: 1, operation: OperatorDescriptor.sumOfSquares.name, operand: "output")
      output[0] = Float(try plan.run(buffers.input("input")))
    }
  }
}
