extension OperatorDescriptor {
  /// Rows of a table that is read as the model file stores it. Of plain floats here: what others take follows from the
  /// request.
  public static let embeddingRows = embeddingRows(.float32)

  /// Of the table Q counts a row for each number, also where numbers are the same.
  static func embeddingRows(_ type: ElementType) -> OperatorDescriptor {
    OperatorDescriptor(
      name: "embedding-rows", operatorClass: .elementWise,
      formula: "output[r][c] = table[ids[r]][c],  table as stored in a model file", floatingPointOperations: Count(0),
      reads: [
        Operand("ids", .vector(.rows), .int32, content: .indices(below: .vocabulary)),
        Operand(
          "table", .matrix(.vocabulary, .columns), type, content: .stored, role: .parameter,
          leastCount: Count(1, .rows, .columns)),
      ], writes: [Operand("output", .matrix(.rows, .columns))], options: [.weightType])
  }
}

extension OperatorEntry {
  static let embeddingRows = OperatorEntry(
    .embeddingRows, variants: StoredKernels.variants.map(\.instructionSet),
    describe: { .embeddingRows($0.weightType) }
  ) { request, context throws(TesseraError) in
    let (rows, columns) = (request.extents[.rows], request.extents[.columns])
    let plan = try EmbeddingRowsPlan(
      request.weightType, vocabulary: request.extents[.vocabulary],
      output: request.layout("output", rows: rows, columns: columns), context: context)
    let start = request.layouts["table"]?.offset ?? 0
    return PreparedOperator { buffers throws(TesseraError) in
      try plan.run(
        ids: buffers.rowNumbers("ids"), table: buffers.stored("table", from: start), output: buffers.output("output"))
    }
  }
}
