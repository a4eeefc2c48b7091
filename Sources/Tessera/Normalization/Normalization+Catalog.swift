extension OperatorEntry {
  private static let variants = NormalizationKernels.variants.map(\.instructionSet)

  static let layerNorm = norm(.layer, .layerNorm)
  static let rmsNorm = norm(.rootMeanSquare, .rmsNorm)
  static let biasDropoutResidualLayerNorm = biasDropoutResidualNorm(.layer)
  static let biasDropoutResidualRMSNorm = biasDropoutResidualNorm(.rootMeanSquare)

  private static func norm(_ norm: Norm, _ descriptor: OperatorDescriptor) -> OperatorEntry {
    OperatorEntry(descriptor, variants: variants) { request, context throws(TesseraError) in
      let (rows, columns) = (request.extents[.rows], request.extents[.columns])
      let plan = try NormalizationPlan(
        norm,
        layouts: .init(
          input: request.layout("input", rows: rows, columns: columns),
          output: request.layout("output", rows: rows, columns: columns)),
        epsilon: request.epsilon, dropout: nil, mode: request.mode, context: context)
      return plan.prepared
    }
  }

  private static func biasDropoutResidualNorm(_ norm: Norm) -> OperatorEntry {
    OperatorEntry(
      .biasDropoutResidualNorm(norm), variants: variants,
      describe: { .biasDropoutResidualNorm(norm, hasBias: $0.hasBias, returnsSum: $0.returnsSum) }
    ) { request, context throws(TesseraError) in
      let (rows, columns) = (request.extents[.rows], request.extents[.columns])
      func layout(_ operand: String) -> MatrixLayout { request.layout(operand, rows: rows, columns: columns) }
      let writesSum = request.mode == .training || request.returnsSum
      let plan = try NormalizationPlan(
        norm,
        layouts: .init(
          input: layout("input"), output: layout("output"), residual: layout("residual"),
          sum: writesSum ? layout("sum") : nil),
        hasBias: request.hasBias, epsilon: request.epsilon, dropout: try request.dropout, mode: request.mode,
        context: context)
      return plan.prepared
    }
  }
}

extension NormalizationPlan {
  /// The plan on operands by the descriptor's names.
  fileprivate var prepared: PreparedOperator {
    let written = Set(descriptor.writes(in: mode).map(\.name))
    let read = Set(descriptor.reads.map(\.name))
    return PreparedOperator(workspaceBytes: workspaceBytes) { buffers throws(TesseraError) in
      func input(_ name: String) -> UnsafeBufferPointer<Float>? { read.contains(name) ? buffers.input(name) : nil }
      func output(_ name: String) -> UnsafeMutableBufferPointer<Float>? {
        written.contains(name) ? buffers.output(name) : nil
      }
      try self.run(
        .init(
          input: buffers.input("input"), bias: input("bias"), residual: input("residual"),
          weight: buffers.input("weight"), shift: input("shift"), output: buffers.output("output"),
          sum: output("sum"), mean: output("mean"), inverseDeviation: output(self.inverseDeviationName)))
    }
  }
}
