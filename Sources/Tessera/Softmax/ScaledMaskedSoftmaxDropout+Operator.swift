extension OperatorDescriptor {
  /// The paper's SM, of attention that stores its scores: scale, mask, softmax and dropout, each tensor crossing memory
  /// once.
  ///
  /// Bytes and FLOPs are those of all scores, also where a mask hides some.
  public static let scaledMaskedSoftmaxDropout = OperatorDescriptor(
    name: "scaled-masked-softmax-dropout", label: "SM", operatorClass: .statisticalNormalization,
    fuses: ["scale", "softmax", "dropout"],
    formula: "output[p][r] = dropout(probabilities[p][r]),  probabilities[p][r] = softmax(mask(scale · input[p][r]))",
    // Scale 1, softmax 4, dropout 1.
    floatingPointOperations: Count(6, .planes, .rows, .columns),
    dropoutDraws: Count(1, .planes, .rows, .columns),
    reads: [Operand("input", .batchedMatrix(.rows, .columns))],
    writes: [
      Operand("output", .batchedMatrix(.rows, .columns)),
      Operand("probabilities", .batchedMatrix(.rows, .columns), keptForBackward: true),
    ], aliasing: ["output": ["input"]], options: [.scale, .mask])
}

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
