extension OperatorDescriptor {
  private static let input = Operand("input", .matrix(.rows, .depth))
  private static let weight = Operand("weight", .matrix(.columns, .depth), role: .parameter)
  private static let biasVector = Operand("bias", .vector(.columns), role: .parameter)
  private static let output = Operand("output", .matrix(.rows, .columns))
  private static let product = Count(2, .rows, .columns, .depth)
  private static let perElement = Count(1, .rows, .columns)

  /// The joint projection of queries, keys and values, with the paper's AIB on its result.
  public static let linearAttentionInputBias = OperatorDescriptor(
    name: "linear-attention-input-bias", label: "L-AIB", operatorClass: .tensorContraction, fuses: ["linear", "bias"],
    formula:
      "queries[b][h][i][d] = Σ_k input[b][i][k] · weight[h, d][k] + bias[h, d]; keys and values likewise, of the heads after those",
    floatingPointOperations: Count(2, [.batch, .queryLength, .queryHeads, .headDimension, .depth])
      + Count(4, [.batch, .queryLength, .keyValueHeads, .headDimension, .depth])
      + attentionInputBias.floatingPointOperations,
    reads: [
      Operand("input", .tokens(rows: .queryLength, columns: .depth)),
      Operand("weight", .projectionMatrix(columns: .depth), role: .parameter),
      Operand("bias", .projectionVector, role: .parameter),
    ], writes: attentionInputBias.writes, options: [.packedWeights])

  /// A linear map with the paper's BRD of any activation on its result. Training keeps the result before its bias where the
  /// activation's gradient needs it, `keepsResult`.
  public static func linearBiasActivationDropout(keepsResult: Bool = true) -> OperatorDescriptor {
    OperatorDescriptor(
      name: "linear-bias-activation-dropout", label: "L-BRD", operatorClass: .tensorContraction,
      fuses: ["linear", "bias", "activation", "dropout"],
      formula: "output[r][c] = dropout(activation(Σ_k input[r][k] · weight[c][k] + bias[c]))",
      // Bias 1, activation 0, dropout 1.
      floatingPointOperations: product + Count(2, .rows, .columns), dropoutDraws: perElement,
      reads: [input, weight, biasVector],
      writes: [output]
        + (keepsResult ? [Operand("activation-input", .matrix(.rows, .columns), keptForBackward: true)] : []),
      options: [.activation, .packedWeights])
  }

  /// A linear map with the paper's BDR on its result. It keeps nothing.
  public static let linearBiasDropoutResidual = OperatorDescriptor(
    name: "linear-bias-dropout-residual", label: "L-BDR", operatorClass: .tensorContraction,
    fuses: ["linear", "bias", "dropout", "residual"],
    formula: "output[r][c] = dropout(Σ_k input[r][k] · weight[c][k] + bias[c]) + residual[r][c]",
    floatingPointOperations: product + Count(3, .rows, .columns), dropoutDraws: perElement,
    reads: [input, weight, biasVector, Operand("residual", .matrix(.rows, .columns))], writes: [output],
    aliasing: ["output": ["residual"]], options: [.packedWeights])

  /// A linear map whose result is added to a residual. It keeps nothing.
  public static let linearResidual = OperatorDescriptor(
    name: "linear-residual", operatorClass: .tensorContraction, fuses: ["linear", "residual"],
    formula: "output[r][c] = Σ_k input[r][k] · weight[c][k] + residual[r][c]",
    floatingPointOperations: product + perElement,
    reads: [input, weight, Operand("residual", .matrix(.rows, .columns))], writes: [output],
    aliasing: ["output": ["residual"]], options: [.packedWeights])

  /// Two linear maps of one input, and the activation of one result times the other.
  public static let linearGatedActivation = linearGatedActivation(storedAs: nil)

  /// The same with weights that are stored as this type.
  static func linearGatedActivation(storedAs type: ElementType?) -> OperatorDescriptor {
    func weight(_ name: String) -> Operand {
      Operand(
        name, .matrix(.columns, .depth), type ?? .float32, content: type == nil ? .values : .stored, role: .parameter)
    }
    return OperatorDescriptor(
      name: "linear-gated-activation", operatorClass: .tensorContraction, fuses: ["linear", "activation", "gate"],
      formula:
        "output[r][c] = activation(gate[r][c]) · up[r][c],  gate[r][c] = Σ_k input[r][k] · gate-weight[c][k], up likewise",
      // Activation 0, gate 1.
      floatingPointOperations: Count(4, .rows, .columns, .depth) + perElement,
      reads: [
        input, weight("gate-weight"), weight("up-weight"),
      ],
      writes: [
        output, Operand("gate", .matrix(.rows, .columns), keptForBackward: true),
        Operand("up", .matrix(.rows, .columns), keptForBackward: true),
      ], options: [.activation, .packedWeights])
  }

  /// A linear map with the paper's BDRLN on its result.
  public static let linearBiasDropoutResidualLayerNorm = linearBiasDropoutResidualNorm(.layer)

  /// The same with RMS norm.
  public static let linearBiasDropoutResidualRMSNorm = linearBiasDropoutResidualNorm(.rootMeanSquare)

  /// What `biasDropoutResidualNorm` is, of a linear map's result; the norm's parameters have its name before theirs.
  static func linearBiasDropoutResidualNorm(
    _ norm: Norm, hasBias: Bool = true, returnsSum: Bool = false
  ) -> OperatorDescriptor {
    let alone = biasDropoutResidualNorm(norm, hasBias: hasBias, returnsSum: returnsSum)
    let parameters = alone.reads.filter { $0.role == .parameter && $0.name != biasVector.name }
    return OperatorDescriptor(
      name: "linear-" + alone.name, label: alone.label.map { "L-" + $0 }, operatorClass: .tensorContraction,
      fuses: ["linear"] + alone.fuses,
      formula: alone.formula.replacing("input[r][c]", with: "Σ_k input[r][k] · weight[c][k]"),
      floatingPointOperations: product + alone.floatingPointOperations, dropoutDraws: perElement,
      reads: [input, weight] + alone.reads.filter { $0.name == biasVector.name || $0.name == "residual" }
        + parameters.map { Operand("norm-" + $0.name, $0.shape, role: .parameter) },
      writes: alone.writes, aliasing: ["sum": ["residual"]], options: [.epsilon, .bias, .sum, .packedWeights])
  }
}

extension OperatorEntry {
  private static let variants = ContractionKernels.variants.map(\.instructionSet)

  static let linearAttentionInputBias = OperatorEntry(.linearAttentionInputBias, variants: variants) {
    request, context throws(TesseraError) in
    let problem = AttentionInputBiasProblem(request)
    let depth = request.extents[.depth]
    let weight = request.layout("weight", rows: problem.input.columns, columns: depth)
    let plan = try LinearAttentionInputBiasPlan(
      problem, input: request.layout("input", rows: problem.input.rows, columns: depth), weight: weight,
      isPacked: request.packsWeights, context: context)
    return .multiplying(request, weight, workspaceBytes: plan.workspaceBytes, context) {
      buffers, weight throws(TesseraError) in
      try plan.run(AttentionInputBiasPlan.Operands(buffers), weight)
    }
  }

  static let linearBiasActivationDropout = OperatorEntry(
    .linearBiasActivationDropout(), variants: variants,
    describe: { .linearBiasActivationDropout(keepsResult: $0.mode == .training && $0.activation.gradientNeedsInput) }
  ) { request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let weight = request.layout("weight", rows: columns, columns: depth)
    let plan = try LinearBiasActivationDropoutPlan(
      request.activation, input: request.layout("input", rows: rows, columns: depth), weight: weight,
      isPacked: request.packsWeights, output: request.layout("output", rows: rows, columns: columns),
      dropout: try request.dropout, mode: request.mode, context: context)
    return .multiplying(request, weight, workspaceBytes: plan.workspaceBytes, context) {
      buffers, weight throws(TesseraError) in
      try plan.run(
        buffers.input("input"), weight: weight, bias: buffers.input("bias"), output: buffers.output("output"),
        keeping: plan.keepsResult ? buffers.output("activation-input") : nil)
    }
  }

  static let linearBiasDropoutResidual = OperatorEntry(.linearBiasDropoutResidual, variants: variants) {
    request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let weight = request.layout("weight", rows: columns, columns: depth)
    let plan = try LinearBiasDropoutResidualPlan(
      input: request.layout("input", rows: rows, columns: depth), weight: weight, isPacked: request.packsWeights,
      residual: request.layout("residual", rows: rows, columns: columns),
      output: request.layout("output", rows: rows, columns: columns), dropout: try request.dropout, mode: request.mode,
      context: context)
    return .multiplying(request, weight, workspaceBytes: plan.workspaceBytes, context) {
      buffers, weight throws(TesseraError) in
      try plan.run(
        buffers.input("input"), weight: weight, bias: buffers.input("bias"), residual: buffers.input("residual"),
        output: buffers.output("output"))
    }
  }

  static let linearResidual = OperatorEntry(.linearResidual, variants: variants) {
    request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let weight = request.layout("weight", rows: columns, columns: depth)
    let plan = try LinearResidualPlan(
      input: request.layout("input", rows: rows, columns: depth), weight: weight, isPacked: request.packsWeights,
      residual: request.layout("residual", rows: rows, columns: columns),
      output: request.layout("output", rows: rows, columns: columns), context: context)
    return .multiplying(request, weight, workspaceBytes: plan.workspaceBytes, context) {
      buffers, weight throws(TesseraError) in
      try plan.run(
        buffers.input("input"), weight: weight, residual: buffers.input("residual"), output: buffers.output("output"))
    }
  }

  static let linearGatedActivation = OperatorEntry(.linearGatedActivation, variants: variants) {
    request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let weight = request.layout("gate-weight", rows: columns, columns: depth)
    let plan = try LinearGatedActivationPlan(
      request.activation, input: request.layout("input", rows: rows, columns: depth), weight: weight,
      isPacked: request.packsWeights, output: request.layout("output", rows: rows, columns: columns),
      mode: request.mode, context: context)
    let keeps = request.mode == .training
    return .multiplying(
      request, ["gate-weight", "up-weight"], weight, workspaceBytes: plan.workspaceBytes, context
    ) { buffers, weights throws(TesseraError) in
      try plan.run(
        .init(
          input: buffers.input("input"), gateWeight: weights[0], upWeight: weights[1],
          output: buffers.output("output"), gate: keeps ? buffers.output("gate") : nil,
          up: keeps ? buffers.output("up") : nil))
    }
  }

  static let linearBiasDropoutResidualLayerNorm = linearNorm(.layer)
  static let linearBiasDropoutResidualRMSNorm = linearNorm(.rootMeanSquare)

  private static func linearNorm(_ norm: Norm) -> OperatorEntry {
    OperatorEntry(
      .linearBiasDropoutResidualNorm(norm), variants: variants,
      describe: { .linearBiasDropoutResidualNorm(norm, hasBias: $0.hasBias, returnsSum: $0.returnsSum) }
    ) { request, context throws(TesseraError) in
      let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
      func layout(_ operand: String) -> MatrixLayout { request.layout(operand, rows: rows, columns: columns) }
      let weight = request.layout("weight", rows: columns, columns: depth)
      let returnsSum = request.mode == .inference && request.returnsSum
      let plan = try LinearNorm(
        norm, input: request.layout("input", rows: rows, columns: depth), weight: weight,
        isPacked: request.packsWeights,
        residual: layout("residual"), output: layout("output"), returnedSum: returnsSum ? layout("sum") : nil,
        hasBias: request.hasBias, dropout: try request.dropout, epsilon: request.epsilon, mode: request.mode,
        workspace: nil, context: context)
      let written = Set(plan.descriptor.writes(in: request.mode).map(\.name))
      let read = Set(plan.descriptor.reads.map(\.name))
      return .multiplying(request, weight, workspaceBytes: plan.workspaceBytes, context) {
        buffers, weight throws(TesseraError) in
        func input(_ name: String) -> UnsafeBufferPointer<Float>? { read.contains(name) ? buffers.input(name) : nil }
        func output(_ name: String) -> UnsafeMutableBufferPointer<Float>? {
          written.contains(name) ? buffers.output(name) : nil
        }
        try plan.run(
          NormalizationPlan.Operands(
            input: buffers.input("input"), bias: input("bias"), residual: input("residual"),
            weight: buffers.input("norm-weight"), shift: input("norm-shift"), output: buffers.output("output"),
            sum: output("sum"), mean: output("mean"), inverseDeviation: output(plan.norm.inverseDeviationName)), weight)
      }
    }
  }
}
