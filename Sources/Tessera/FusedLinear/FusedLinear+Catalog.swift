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
