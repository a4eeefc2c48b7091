extension OperatorEntry {
  static let rotaryEmbedding = OperatorEntry(
    .rotaryEmbedding, variants: RotaryEmbeddingKernels.variants.map(\.instructionSet),
    describe: { request in
      let (columns, rotated) = (request.extents[.columns], request.rotary.rotated(of: request.extents[.columns]))
      // What is out of range is described as the whole, and refused when the call is planned.
      guard rotated != columns, (0...maximumElementCount).contains(rotated) else { return .rotaryEmbedding }
      return .rotaryEmbedding(rotatedColumns: rotated, inPlace: request.isInPlace)
    }
  ) { request, context throws(TesseraError) in
    let (extents, options) = (request.extents, request.rotary)
    func layout(_ operand: String) -> BatchedMatrixLayout {
      request.batchedLayouts[operand]
        ?? BatchedMatrixLayout(planes: extents[.planes], rows: extents[.rows], columns: extents[.columns])
    }
    let (last, overflow) = (options.starts?.max() ?? 0).addingReportingOverflow(extents[.rows])
    let table = try RotaryTable(
      positions: overflow ? .max : last, rotatedColumns: options.rotated(of: extents[.columns]), base: options.base,
      frequencyScale: options.frequencyScale)
    let plan = try RotaryEmbeddingPlan(
      table, pairing: options.pairing, input: layout("input"), output: layout("output"),
      sequences: options.sequences, context: context)
    return PreparedOperator(workspaceBytes: table.byteCount) { buffers throws(TesseraError) in
      try plan.run(input: buffers.input("input"), output: buffers.output("output"), startingAt: options.starts)
    }
  }
}
