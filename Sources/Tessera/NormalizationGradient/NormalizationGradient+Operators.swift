extension Norm {
  /// The statistics that a forward call kept, as its gradients read them.
  var keptStatistics: [Operand] {
    (self == .layer ? ["mean"] : []).map { Operand($0, .vector(.rows), role: .rowStatistic) }
      + [Operand(inverseDeviationName, .vector(.rows), role: .rowStatistic)]
  }

  /// The normalised value in formulas.
  var normalizedFormula: String {
    self == .layer
      ? "x[r][c] = (sum[r][c] − mean[r]) · inverseDeviation[r]" : "x[r][c] = sum[r][c] · inverseRootMeanSquare[r]"
  }
}

extension OperatorDescriptor {
  /// The paper's BLNRD: the gradients of what BDRLN normalises, which is the residual's, and of what went through the
  /// dropout.
  public static let biasDropoutResidualLayerNormGradient = biasDropoutResidualNormGradient(.layer)

  /// The same without dropout: layer norm's own gradient.
  package static let layerNormGradient = biasDropoutResidualNormGradient(.layer, drops: false)

  /// BLNRD for RMS norm.
  public static let biasDropoutResidualRMSNormGradient = biasDropoutResidualNormGradient(.rootMeanSquare)

  /// Without dropout the input's gradient is the residual's and is not written. A call whose sum was returned, and went
  /// on on another way, adds the gradient that came back on that.
  static func biasDropoutResidualNormGradient(
    _ norm: Norm, drops: Bool = true, addsSumGradient: Bool = false
  ) -> OperatorDescriptor {
    let forward = biasDropoutResidualNorm(norm)
    let matrix = Operand.Shape.matrix(.rows, .columns)
    let function =
      norm == .layer ? "g[r][c] − mean(g[r]) − x[r][c] · mean(g[r] · x[r])" : "g[r][c] − x[r][c] · mean(g[r] · x[r])"
    let inverse = norm == .layer ? "inverseDeviation[r]" : "inverseRootMeanSquare[r]"
    return OperatorDescriptor(
      name: forward.name + "-gradient", label: norm == .layer ? "BLNRD" : nil,
      operatorClass: .statisticalNormalization,
      fuses: [(norm == .layer ? "layer-norm" : "rms-norm") + "-gradient"] + (addsSumGradient ? ["residual"] : [])
        + (drops ? ["dropout"] : []),
      formula: "residualGradient[r][c] = \(inverse) · (\(function))\(addsSumGradient ? " + sumGradient[r][c]" : ""),  "
        + (drops ? "inputGradient[r][c] = dropout(residualGradient[r][c]),  " : "")
        + "g[r][c] = outputGradient[r][c] · weight[c],  " + norm.normalizedFormula,
      // Layer norm: g 1, x 2, sums 1 and 2, difference 1, multiply-add 2, product 1.
      floatingPointOperations: Count(
        (norm == .layer ? 10 : 7) + (addsSumGradient ? 1 : 0) + (drops ? 1 : 0), .rows, .columns),
      dropoutDraws: drops ? Count(1, .rows, .columns) : Count(0),
      reads: [Operand("output-gradient", matrix), Operand("sum", matrix)] + norm.keptStatistics
        + [Operand("weight", .vector(.columns), role: .parameter)]
        + (addsSumGradient ? [Operand("sum-gradient", matrix, optional: true)] : []),
      writes: [Operand("residual-gradient", matrix)]
        + (drops ? [Operand("input-gradient", matrix, optional: true)] : []),
      aliasing: ["residual-gradient": ["output-gradient"]], options: [.sum])
  }
}

extension OperatorEntry {
  static let biasDropoutResidualLayerNormGradient = biasDropoutResidualNormGradient(.layer)
  static let biasDropoutResidualRMSNormGradient = biasDropoutResidualNormGradient(.rootMeanSquare)

  /// Inference drops nothing: the gradient of a network whose weights are not trained.
  private static func biasDropoutResidualNormGradient(_ norm: Norm) -> OperatorEntry {
    OperatorEntry(
      .biasDropoutResidualNormGradient(norm), variants: NormalizationGradientKernels.variants.map(\.instructionSet),
      describe: {
        .biasDropoutResidualNormGradient(norm, drops: $0.mode == .training, addsSumGradient: $0.returnsSum)
      }
    ) { request, context throws(TesseraError) in
      let (rows, columns) = (request.extents[.rows], request.extents[.columns])
      func layout(_ operand: String) -> MatrixLayout { request.layout(operand, rows: rows, columns: columns) }
      let (drops, adds) = (request.mode == .training, request.returnsSum)
      let plan = try NormalizationGradientPlan(
        norm,
        layouts: .init(
          outputGradient: layout("output-gradient"), sum: layout("sum"),
          sumGradient: adds ? layout("sum-gradient") : nil, residualGradient: layout("residual-gradient"),
          inputGradient: drops ? layout("input-gradient") : nil),
        dropout: drops ? try request.dropout : nil, context: context)
      return PreparedOperator { buffers throws(TesseraError) in
        try plan.run(
          .init(
            outputGradient: buffers.input("output-gradient"), sum: buffers.input("sum"),
            mean: norm == .layer ? buffers.input("mean") : nil,
            inverseDeviation: buffers.input(norm.inverseDeviationName), weight: buffers.input("weight"),
            sumGradient: adds ? buffers.input("sum-gradient") : nil,
            residualGradient: buffers.output("residual-gradient"),
            inputGradient: drops ? buffers.output("input-gradient") : nil))
      }
    }
  }
}
