extension OperatorDescriptor {
  /// The paper's BS: the gradient of scale, mask, softmax and dropout over stored probabilities.
  public static let scaledMaskedSoftmaxDropoutGradient = OperatorDescriptor(
    name: "scaled-masked-softmax-dropout-gradient", label: "BS", operatorClass: .statisticalNormalization,
    fuses: ["dropout", "softmax-gradient", "scale"],
    formula:
      "inputGradient[p][r][c] = scale · probabilities[p][r][c] · (t[p][r][c] − Σ probabilities[p][r] · t[p][r]),  "
      + "t[p][r][c] = dropout(outputGradient[p][r][c])",
    // Dropout 1, sum of products 2, difference 1, product 1, scale 1.
    floatingPointOperations: Count(6, .planes, .rows, .columns), dropoutDraws: Count(1, .planes, .rows, .columns),
    reads: [
      Operand("output-gradient", .batchedMatrix(.rows, .columns)),
      Operand("probabilities", .batchedMatrix(.rows, .columns)),
    ], writes: [Operand("input-gradient", .batchedMatrix(.rows, .columns))],
    aliasing: ["input-gradient": ["output-gradient", "probabilities"]], options: [.scale])
}

extension OperatorEntry {
  /// Inference drops nothing: the gradient of a network whose weights are not trained.
  static let scaledMaskedSoftmaxDropoutGradient = OperatorEntry(
    .scaledMaskedSoftmaxDropoutGradient, variants: SoftmaxGradientKernels.variants.map(\.instructionSet)
  ) { request, context throws(TesseraError) in
    let (planes, columns) = (request.extents[.planes], request.extents[.columns])
    let rows = planes * request.extents[.rows]
    func layout(_ operand: String) -> MatrixLayout { request.layout(operand, rows: rows, columns: columns) }
    let plan = try ScaledMaskedSoftmaxDropoutGradientPlan(
      planes: planes,
      layouts: .init(
        outputGradient: layout("output-gradient"), probabilities: layout("probabilities"),
        inputGradient: layout("input-gradient")), scale: request.scale,
      dropout: request.mode == .training ? try request.dropout : nil, context: context)
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try plan.run(
        buffers.input("output-gradient"), buffers.input("probabilities"), buffers.output("input-gradient"))
    }
  }
}
