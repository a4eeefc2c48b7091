extension OperatorDescriptor {
  /// The column of each row's greatest element.
  public static let argmax = OperatorDescriptor(
    name: "argmax", operatorClass: .statisticalNormalization,
    formula: "output[r] = the least c with input[r][c] = max input[r][c′]",
    floatingPointOperations: Count(1, .rows, .columns), reads: [Operand("input", .matrix(.rows, .columns))],
    writes: [Operand("output", .vector(.rows), .int32, content: .indices(below: .columns))])

  /// A column of each row, drawn by its softmax.
  public static let sampling = OperatorDescriptor(
    name: "sampling", operatorClass: .statisticalNormalization,
    formula: "output[r] = the least c with Σ_{c′ ≤ c} w[c′] > u[r] · Σ w,  w[c] = exp((input[r][c] − m[r]) / T) or 0",
    // The compare of the maximum; subtract, exponential and sum.
    floatingPointOperations: Count(4, .rows, .columns), reads: [Operand("input", .matrix(.rows, .columns))],
    writes: [Operand("output", .vector(.rows), .int32, content: .indices(below: .columns))], options: [.sampling])
}
