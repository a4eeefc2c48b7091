extension OperatorDescriptor {
  /// A learned linear map of each row, without its bias.
  public static let linear = OperatorDescriptor(
    name: "linear", operatorClass: .tensorContraction, formula: "output[r][c] = Σ_k input[r][k] · weight[c][k]",
    floatingPointOperations: Count(2, .rows, .columns, .depth),
    reads: [Operand("input", .matrix(.rows, .depth)), Operand("weight", .matrix(.columns, .depth), role: .parameter)],
    writes: [Operand("output", .matrix(.rows, .columns))], options: [.packedWeights])
}
