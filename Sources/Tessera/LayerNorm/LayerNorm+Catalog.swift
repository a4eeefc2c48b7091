extension OperatorEntry {
  private static let variants = LayerNormKernels.variants.map(\.instructionSet)

  static let layerNorm = OperatorEntry(.layerNorm, variants: variants) { request, context throws(TesseraError) in
    let (rows, columns) = (request.extents[.rows], request.extents[.columns])
    let plan = try NormalizationPlan(
      layouts: .init(
        input: request.layout("input", rows: rows, columns: columns),
        output: request.layout("output", rows: rows, columns: columns)),
      epsilon: request.epsilon, dropout: nil, mode: request.mode, context: context)
    return PreparedOperator { buffers throws(TesseraError) in
      try plan.run(
        .init(
          input: buffers.input("input"), weight: buffers.input("weight"), shift: buffers.input("shift"),
          output: buffers.output("output")))
    }
  }

  static let biasDropoutResidualLayerNorm = OperatorEntry(.biasDropoutResidualLayerNorm, variants: variants) {
    request, context throws(TesseraError) in
    let (rows, columns) = (request.extents[.rows], request.extents[.columns])
    let plan = try NormalizationPlan(
      layouts: .init(
        input: request.layout("input", rows: rows, columns: columns),
        output: request.layout("output", rows: rows, columns: columns),
        residual: request.layout("residual", rows: rows, columns: columns)),
      epsilon: request.epsilon, dropout: try request.dropout, mode: request.mode, context: context)
    let keeps = request.mode == .training
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try plan.run(
        .init(
          input: buffers.input("input"), bias: buffers.input("bias"), residual: buffers.input("residual"),
          weight: buffers.input("weight"), shift: buffers.input("shift"), output: buffers.output("output"),
          sum: keeps ? buffers.output("sum") : nil, mean: keeps ? buffers.output("mean") : nil,
          inverseDeviation: keeps ? buffers.output("inverse-deviation") : nil))
    }
  }
}
