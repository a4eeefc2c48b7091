extension OperatorEntry {
  static let scaledMaskedSoftmaxDropout = OperatorEntry(
    .scaledMaskedSoftmaxDropout, variants: SoftmaxKernels.variants.map(\.instructionSet)
  ) { request, context throws(TesseraError) in
    let (planes, columns) = (request.extents[.planes], request.extents[.columns])
    let rows = planes * request.extents[.rows]
    let plan = try ScaledMaskedSoftmaxDropoutPlan(
      planes: planes, input: request.layout("input", rows: rows, columns: columns),
      output: request.layout("output", rows: rows, columns: columns), scale: request.scale, mask: request.mask,
      dropout: try request.dropout, mode: request.mode, context: context)
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try plan.run(
        .init(
          input: buffers.input("input"), output: buffers.output("output"),
          probabilities: request.mode == .training ? buffers.output("probabilities") : nil))
    }
  }
}
