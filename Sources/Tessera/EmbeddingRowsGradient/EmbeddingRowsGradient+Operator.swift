extension OperatorDescriptor {
  /// The gradient of an embedding table; in place it is added to the one that is there.
  public static let embeddingRowsGradient = embeddingRowsGradient(accumulates: false)

  /// Q counts a row of the table for each number where the call adds to it, also where numbers are the same, else all
  /// rows.
  static func embeddingRowsGradient(accumulates: Bool) -> OperatorDescriptor {
    func table(_ name: String, optional: Bool = false) -> Operand {
      Operand(
        name, .matrix(.vocabulary, .columns), role: .parameter, optional: optional,
        leastCount: accumulates ? Count(1, .rows, .columns) : nil)
    }
    return OperatorDescriptor(
      name: "embedding-rows-gradient", operatorClass: .elementWise,
      formula: "table-gradient[v][c] = Σ_r output-gradient[r][c] where ids[r] = v,  added to an earlier one in place",
      floatingPointOperations: Count(1, .rows, .columns),
      reads: [
        Operand("ids", .vector(.rows), .int32, content: .indices(below: .vocabulary)),
        Operand("output-gradient", .matrix(.rows, .columns)),
      ] + (accumulates ? [table("earlier-table-gradient", optional: true)] : []),
      writes: [table("table-gradient")], aliasing: ["table-gradient": ["earlier-table-gradient"]])
  }
}

extension OperatorEntry {
  /// A call in place adds to an earlier gradient; one that is not has none.
  static let embeddingRowsGradient = OperatorEntry(
    .embeddingRowsGradient, variants: ElementwiseGradientKernels.variants.map(\.instructionSet),
    describe: { .embeddingRowsGradient(accumulates: $0.isInPlace) }
  ) { request, context throws(TesseraError) in
    let (rows, columns) = (request.extents[.rows], request.extents[.columns])
    let plan = try EmbeddingRowsGradientPlan(
      outputGradient: request.layout("output-gradient", rows: rows, columns: columns),
      tableGradient: request.layout("table-gradient", rows: request.extents[.vocabulary], columns: columns),
      accumulates: request.isInPlace, context: context)
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try plan.run(
        .init(
          ids: buffers.rowNumbers("ids"), outputGradient: buffers.input("output-gradient"),
          tableGradient: buffers.output("table-gradient")))
    }
  }
}
