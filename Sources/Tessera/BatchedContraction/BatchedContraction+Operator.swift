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

extension OperatorEntry {
  static let batchedContraction = OperatorEntry(
    .batchedContraction, variants: ContractionKernels.variants.map(\.instructionSet)
  ) { request, context throws(TesseraError) in
    let extents = request.extents
    let (planes, rows) = (extents[.planes], extents[.rows])
    let (columns, depth) = (extents[.columns], extents[.depth])
    let right = request.transposesRight ? (rows: columns, columns: depth) : (rows: depth, columns: columns)
    func layout(_ operand: String, _ rows: Int, _ columns: Int) -> BatchedMatrixLayout {
      request.batchedLayouts[operand] ?? BatchedMatrixLayout(planes: planes, rows: rows, columns: columns)
    }
    let plan = try BatchedContractionPlan(
      left: layout("left", rows, depth), right: layout("right", right.rows, right.columns),
      transposesRight: request.transposesRight, output: layout("output", rows, columns), context: context)
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try plan.run(left: buffers.input("left"), right: buffers.input("right"), output: buffers.output("output"))
    }
  }
}
