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
