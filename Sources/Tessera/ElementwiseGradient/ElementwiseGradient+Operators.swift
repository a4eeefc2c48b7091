extension OperatorDescriptor {
  /// The paper's BDRB, of ReLU; its other activations read the forward call's input and bias.
  public static let biasActivationDropoutGradient = biasActivationDropoutGradient(.relu)

  static func biasActivationDropoutGradient(_ activation: Activation) -> OperatorDescriptor {
    let matrix = Operand.Shape.batchedMatrix(.rows, .columns)
    let needsInput = activation.gradientNeedsInput
    let derivative =
      needsInput
      ? "activation′(input[p][r][c] + bias[c]) · dropout(outputGradient[p][r][c])"
      : "output[p][r][c] > 0 ? outputGradient[p][r][c] / (1 − p_effective) : 0"
    return OperatorDescriptor(
      name: "bias-activation-dropout-gradient", label: "BDRB", operatorClass: .elementWise,
      fuses: ["dropout", "activation-gradient", "bias-gradient"],
      formula: "inputGradient[p][r][c] = \(derivative),  biasGradient[c] = Σ inputGradient[p][r][c]",
      // Dropout 1, activation 0, sum 1.
      floatingPointOperations: Count(2, .planes, .rows, .columns),
      dropoutDraws: needsInput ? Count(1, .planes, .rows, .columns) : Count(0),
      reads: [Operand("output-gradient", matrix), Operand(needsInput ? "input" : "output", matrix)]
        + (needsInput ? [Operand("bias", .vector(.columns), role: .parameter)] : []),
      writes: [
        Operand("input-gradient", matrix), Operand("bias-gradient", .vector(.columns), role: .parameter),
      ], aliasing: ["input-gradient": ["output-gradient"]], options: [.activation, .dropout])
  }

  /// The paper's BAOB, and over the columns of queries, keys and values its BAIB.
  public static let biasGradient = OperatorDescriptor(
    name: "bias-gradient", label: "BAOB", operatorClass: .elementWise,
    formula: "biasGradient[c] = Σ_r outputGradient[r][c]", floatingPointOperations: Count(1, .rows, .columns),
    reads: [Operand("output-gradient", .matrix(.rows, .columns))],
    writes: [Operand("bias-gradient", .vector(.columns), role: .parameter)])

  /// The paper's BEI: the gradient of what went on on two ways.
  public static let gradientSum = OperatorDescriptor(
    name: "gradient-sum", label: "BEI", operatorClass: .elementWise,
    formula: "output[r][c] = input[r][c] + residual[r][c]",
    floatingPointOperations: Count(1, .planes, .rows, .columns),
    reads: [
      Operand("input", .batchedMatrix(.rows, .columns)), Operand("residual", .batchedMatrix(.rows, .columns)),
    ], writes: [Operand("output", .batchedMatrix(.rows, .columns))], aliasing: ["output": ["input", "residual"]])
}

extension OperatorEntry {
  private static let variants = ElementwiseGradientKernels.variants.map(\.instructionSet)

  static let gradientSum = elementwise(.gradientSum) { _ in [.residual] }

  static let biasGradient = OperatorEntry(.biasGradient, variants: variants) { request, context throws(TesseraError) in
    let (rows, columns) = (request.extents[.rows], request.extents[.columns])
    let plan = try BiasGradientPlan(
      outputGradient: request.layout("output-gradient", rows: rows, columns: columns), context: context)
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try plan.run(buffers.input("output-gradient"), buffers.output("bias-gradient"))
    }
  }

  /// Inference drops nothing: the gradient of a network whose weights are not trained.
  static let biasActivationDropoutGradient = OperatorEntry(
    .biasActivationDropoutGradient, variants: variants,
    describe: { .biasActivationDropoutGradient($0.activation) }
  ) { request, context throws(TesseraError) in
    let (planes, columns) = (request.extents[.planes], request.extents[.columns])
    let rows = planes * request.extents[.rows]
    func layout(_ operand: String) -> MatrixLayout { request.layout(operand, rows: rows, columns: columns) }
    let saved = request.activation.gradientNeedsInput ? "input" : "output"
    let hasBias = request.activation.gradientNeedsInput
    let plan = try ActivationGradientPlan(
      request.activation, planes: planes,
      layouts: .init(
        outputGradient: layout("output-gradient"), saved: layout(saved), inputGradient: layout("input-gradient")),
      dropout: request.mode == .training ? try request.dropout : nil, context: context)
    return PreparedOperator(workspaceBytes: plan.sums.byteCount) { buffers throws(TesseraError) in
      try plan.run(
        .init(
          outputGradient: buffers.input("output-gradient"), saved: buffers.input(saved),
          bias: hasBias ? buffers.input("bias") : nil, inputGradient: buffers.output("input-gradient"),
          biasGradient: buffers.output("bias-gradient")))
    }
  }
}
