extension OperatorDescriptor {
  /// A learned linear map of each row whose weights are read as the model file stores them; in place it adds to a
  /// residual. Weights of plain floats here: what others take follows from the request.
  public static let storedLinear = storedLinear(.float32, accumulates: false)

  /// The same for weights of a type, with a residual that the map is added to where it accumulates.
  static func storedLinear(_ type: ElementType, accumulates: Bool) -> OperatorDescriptor {
    let residual = Operand("residual", .matrix(.rows, .columns), optional: true)
    return OperatorDescriptor(
      name: "stored-linear", operatorClass: .tensorContraction,
      formula: "output[r][c] = residual[r][c] + Σ_k input[r][k] · weight[c][k],  weight as stored in a model file",
      floatingPointOperations: Count(2, .rows, .columns, .depth),
      reads: [
        Operand("input", .matrix(.rows, .depth)),
        Operand("weight", .matrix(.columns, .depth), type, content: .stored, role: .parameter),
      ] + (accumulates ? [residual] : []), writes: [Operand("output", .matrix(.rows, .columns))],
      aliasing: ["output": ["residual"]], options: [.weightType])
  }
}

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
    // A layout of weights says where they begin, in bytes.
    let start = request.layouts["weight"]?.offset ?? 0
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try plan.run(
        input: buffers.input("input"), weight: buffers.stored("weight", from: start), output: buffers.output("output"))
    }
  }
}
