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
