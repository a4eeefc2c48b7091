extension OperatorDescriptor {
  private static let outputGradient = Operand("output-gradient", .matrix(.rows, .columns))
  private static let weight = Operand("weight", .matrix(.columns, .depth), role: .parameter)
  private static let inputGradient = Operand("input-gradient", .matrix(.rows, .depth))
  private static let product = Count(2, .rows, .columns, .depth)

  /// The gradient of a linear map's input, with the paper's BDRB on it but for the bias's sum; of ReLU, whose others
  /// read what the activation's forward call read, and its bias.
  public static let linearInputGradientActivationDropout = linearInputGradientActivationDropout(.relu)

  static func linearInputGradientActivationDropout(_ activation: Activation) -> OperatorDescriptor {
    let needsInput = activation.gradientNeedsInput
    let ofInput = "Σ_c output-gradient[r][c] · weight[c][k]"
    let perElement = Count(1, .rows, .depth)
    return OperatorDescriptor(
      name: "linear-input-gradient-activation-dropout", label: "L-BDRB", operatorClass: .tensorContraction,
      fuses: ["linear-input-gradient", "dropout", "activation-gradient"],
      formula: needsInput
        ? "input-gradient[r][k] = activation′(activation-input[r][k] + bias[k]) · dropout(\(ofInput))"
        : "input-gradient[r][k] = activation-output[r][k] > 0 ? (\(ofInput)) / (1 − p_effective) : 0",
      // Dropout 1, activation 0.
      floatingPointOperations: product + perElement, dropoutDraws: needsInput ? perElement : Count(0),
      reads: [
        outputGradient, weight, Operand(activation.savedOperandName, .matrix(.rows, .depth)),
      ] + (needsInput ? [Operand("bias", .vector(.depth), role: .parameter)] : []),
      writes: [inputGradient], options: [.activation, .dropout, .packedWeights])
  }

  /// The gradient of a linear map's input, added to the gradient of what went on on another way: the paper's BEI on a
  /// product.
  public static let linearInputGradientResidual = OperatorDescriptor(
    name: "linear-input-gradient-residual", label: "L-BEI", operatorClass: .tensorContraction,
    fuses: ["linear-input-gradient", "residual"],
    formula: "input-gradient[r][k] = Σ_c output-gradient[r][c] · weight[c][k] + residual[r][k]",
    floatingPointOperations: product + Count(1, .rows, .depth),
    reads: [outputGradient, weight, Operand("residual", .matrix(.rows, .depth))], writes: [inputGradient],
    aliasing: ["input-gradient": ["residual"]], options: [.packedWeights])

  /// The gradient of a linear map's input, and with it the gradients of the gated activation that made that input.
  public static let linearInputGradientGatedActivation = OperatorDescriptor(
    name: "linear-input-gradient-gated-activation", operatorClass: .tensorContraction,
    fuses: ["linear-input-gradient", "activation-gradient", "gate"],
    formula: "gate-gradient[r][k] = s[r][k] · up[r][k] · activation′(gate[r][k]),  "
      + "up-gradient[r][k] = s[r][k] · activation(gate[r][k]),  s[r][k] = Σ_c output-gradient[r][c] · weight[c][k]",
    // Activation and derivative 0, products 3.
    floatingPointOperations: product + Count(3, .rows, .depth),
    reads: [
      outputGradient, weight, Operand("gate", .matrix(.rows, .depth)), Operand("up", .matrix(.rows, .depth)),
    ],
    writes: [Operand("gate-gradient", .matrix(.rows, .depth)), Operand("up-gradient", .matrix(.rows, .depth))],
    aliasing: ["gate-gradient": ["gate"], "up-gradient": ["up"]], options: [.activation, .packedWeights])
}

extension Activation {
  /// What a fused gradient's descriptor calls the matrix that the activation's forward call left.
  var savedOperandName: String { gradientNeedsInput ? "activation-input" : "activation-output" }
}

extension OperatorEntry {
  private static let variants = ContractionKernels.variants.map(\.instructionSet)

  /// Inference drops nothing: the gradient of a network whose weights are not trained.
  static let linearInputGradientActivationDropout = OperatorEntry(
    .linearInputGradientActivationDropout, variants: variants,
    describe: { .linearInputGradientActivationDropout($0.activation) }
  ) { request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let weight = request.layout("weight", rows: columns, columns: depth)
    let saved = request.activation.savedOperandName
    let dropout = request.mode == .training ? try request.dropout : nil
    let hasBias = request.activation.gradientNeedsInput
    let plan = try LinearInputGradientActivationDropoutPlan(
      BiasActivationDropoutSavedTensors(activation: request.activation, dropout: dropout),
      outputGradient: request.layout("output-gradient", rows: rows, columns: columns), weight: weight,
      isPacked: request.packsWeights, neededTensor: request.layout(saved, rows: rows, columns: depth),
      inputGradient: request.layout("input-gradient", rows: rows, columns: depth), context: context)
    return .multiplying(
      request, weight, forInputGradient: true, workspaceBytes: plan.workspaceBytes, context
    ) { buffers, weight throws(TesseraError) in
      try plan.run(
        outputGradient: buffers.input("output-gradient"), weight: weight, saved: buffers.input(saved),
        bias: hasBias ? buffers.input("bias") : nil, inputGradient: buffers.output("input-gradient"))
    }
  }

  static let linearInputGradientResidual = OperatorEntry(.linearInputGradientResidual, variants: variants) {
    request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let weight = request.layout("weight", rows: columns, columns: depth)
    let plan = try LinearInputGradientResidualPlan(
      outputGradient: request.layout("output-gradient", rows: rows, columns: columns), weight: weight,
      isPacked: request.packsWeights, residual: request.layout("residual", rows: rows, columns: depth),
      inputGradient: request.layout("input-gradient", rows: rows, columns: depth), context: context)
    return .multiplying(
      request, weight, forInputGradient: true, workspaceBytes: plan.workspaceBytes, context
    ) { buffers, weight throws(TesseraError) in
      try plan.run(
        outputGradient: buffers.input("output-gradient"), weight: weight, residual: buffers.input("residual"),
        inputGradient: buffers.output("input-gradient"))
    }
  }

  static let linearInputGradientGatedActivation = OperatorEntry(
    .linearInputGradientGatedActivation, variants: variants
  ) { request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let weight = request.layout("weight", rows: columns, columns: depth)
    func layout(_ operand: String) -> MatrixLayout { request.layout(operand, rows: rows, columns: depth) }
    let plan = try LinearInputGradientGatedActivationPlan(
      request.activation, outputGradient: request.layout("output-gradient", rows: rows, columns: columns),
      weight: weight, isPacked: request.packsWeights, gate: layout("gate"), up: layout("up"),
      gateGradient: layout("gate-gradient"), upGradient: layout("up-gradient"), context: context)
    return .multiplying(
      request, weight, forInputGradient: true, workspaceBytes: plan.workspaceBytes, context
    ) { buffers, weight throws(TesseraError) in
      try plan.run(
        outputGradient: buffers.input("output-gradient"), weight: weight, gate: buffers.input("gate"),
        up: buffers.input("up"), gateGradient: buffers.output("gate-gradient"),
        upGradient: buffers.output("up-gradient"))
    }
  }
}
