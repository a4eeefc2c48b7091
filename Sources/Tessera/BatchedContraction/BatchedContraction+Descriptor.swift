extension OperatorDescriptor {
  /// A matrix product for each plane: QKᵀ and the product of probabilities and values.
  public static let batchedContraction = OperatorDescriptor(
    name: "batched-contraction", operatorClass: .tensorContraction,
    formula: "output[p][r][c] = Σ_k left[p][r][k] · right[p][k][c]  (or right[p][c][k])",
    floatingPointOperations: Count(2, .planes, .rows, .columns, .depth),
    reads: [
      Operand("left", .batchedMatrix(.rows, .depth)), Operand("right", .batchedMatrix(.depth, .columns)),
    ],
    writes: [Operand("output", .batchedMatrix(.rows, .columns))], options: [.transposedRight])
}
