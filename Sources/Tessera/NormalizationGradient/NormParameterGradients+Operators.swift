extension OperatorDescriptor {
  /// The paper's BSB: the gradients of layer norm's weight and shift.
  public static let layerNormParameterGradients = normParameterGradients(.layer, ofTwo: false)
  /// The gradient of RMS norm's weight.
  public static let rmsNormParameterGradients = normParameterGradients(.rootMeanSquare, ofTwo: false)

  /// The paper's EBSB: the same where the norm's output had two readers, with the sum of the gradients that come back
  /// from them, and the gradient of the bias before the next norm's dropout.
  ///
  /// Of 16.78 million elements the paper reads 12.58 for the two gradients and the sum that was normalised, and 4.19
  /// for what BLNRD wrote for the next norm, the gradient of a linear map's output, whose column sums are its bias's
  /// gradient. It writes the sum of the gradients, 4.194 million elements, and three rows.
  public static let residualLayerNormParameterGradients = normParameterGradients(.layer, ofTwo: true)
  public static let residualRMSNormParameterGradients = normParameterGradients(.rootMeanSquare, ofTwo: true)

  static func normParameterGradients(_ norm: Norm, ofTwo: Bool) -> OperatorDescriptor {
    let matrix = Operand.Shape.matrix(.rows, .columns)
    let alone = (norm == .layer ? "layer-norm" : "rms-norm") + "-parameter-gradients"
    func vector(_ name: String) -> Operand { Operand(name, .vector(.columns), role: .parameter) }
    let gradient = ofTwo ? "gradientSum[r][c]" : "outputGradient[r][c]"
    return OperatorDescriptor(
      name: ofTwo ? "residual-" + alone : alone, label: norm == .layer ? (ofTwo ? "EBSB" : "BSB") : nil,
      operatorClass: .statisticalNormalization, fuses: ofTwo ? ["residual", alone, "bias-gradient"] : [],
      formula: (ofTwo ? "gradientSum[r][c] = outputGradient[r][c] + secondGradient[r][c],  " : "")
        + "weightGradient[c] = Σ_r \(gradient) · x[r][c],  "
        + (norm == .layer ? "shiftGradient[c] = Σ_r \(gradient),  " : "")
        + (ofTwo ? "biasGradient[c] = Σ_r inputGradient[r][c],  " : "") + norm.normalizedFormula,
      // Layer norm: x 2, multiply-add 2, sum 1; with a second gradient two sums more.
      floatingPointOperations: Count((norm == .layer ? 5 : 3) + (ofTwo ? 2 : 0), .rows, .columns),
      reads: [Operand("output-gradient", matrix)] + (ofTwo ? [Operand("second-gradient", matrix)] : [])
        + [Operand("sum", matrix)] + norm.keptStatistics + (ofTwo ? [Operand("input-gradient", matrix)] : []),
      writes: (ofTwo ? [Operand("gradient-sum", matrix)] : []) + [vector("weight-gradient")]
        + (norm == .layer ? [vector("shift-gradient")] : []) + (ofTwo ? [vector("bias-gradient")] : []),
      aliasing: ofTwo ? ["gradient-sum": ["output-gradient", "second-gradient"]] : [:])
  }
}

extension OperatorEntry {
  static let layerNormParameterGradients = normParameterGradients(.layer, ofTwo: false)
  static let rmsNormParameterGradients = normParameterGradients(.rootMeanSquare, ofTwo: false)
  static let residualLayerNormParameterGradients = normParameterGradients(.layer, ofTwo: true)
  static let residualRMSNormParameterGradients = normParameterGradients(.rootMeanSquare, ofTwo: true)

  private static func normParameterGradients(_ norm: Norm, ofTwo: Bool) -> OperatorEntry {
    OperatorEntry(
      .normParameterGradients(norm, ofTwo: ofTwo),
      variants: NormalizationGradientKernels.variants.map(\.instructionSet)
    ) { request, context throws(TesseraError) in
      let (rows, columns) = (request.extents[.rows], request.extents[.columns])
      func layout(_ operand: String) -> MatrixLayout { request.layout(operand, rows: rows, columns: columns) }
      let plan = try NormParameterGradientsPlan(
        norm,
        layouts: .init(
          outputGradient: layout("output-gradient"), sum: layout("sum"),
          second: ofTwo
            ? .init(
              gradient: layout("second-gradient"), gradientSum: layout("gradient-sum"),
              inputGradient: layout("input-gradient")) : nil),
        context: context)
      return PreparedOperator(workspaceBytes: plan.sums.byteCount) { buffers throws(TesseraError) in
        try plan.run(
          .init(
            outputGradient: buffers.input("output-gradient"), sum: buffers.input("sum"),
            mean: norm == .layer ? buffers.input("mean") : nil,
            inverseDeviation: buffers.input(norm.inverseDeviationName),
            weightGradient: buffers.output("weight-gradient"),
            shiftGradient: norm == .layer ? buffers.output("shift-gradient") : nil,
            second: ofTwo
              ? .init(
                gradient: buffers.input("second-gradient"), gradientSum: buffers.output("gradient-sum"),
                inputGradient: buffers.input("input-gradient"), biasGradient: buffers.output("bias-gradient")) : nil))
      }
    }
  }
}
