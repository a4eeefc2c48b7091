extension OperatorDescriptor {
  /// The gradients of exact attention, tile by tile: probabilities are computed again from the log-sum-exps, and never
  /// written.
  ///
  /// FLOPs are those of the five products over visible pairs; in Q are the keys and values that some query sees, and
  /// the gradients of all.
  public static let attentionGradients = OperatorDescriptor(
    name: AttentionProblem.gradientsOperation, operatorClass: .tensorContraction,
    formula: """
      values-gradient[j] = Σ_i P[i][j] · Z[i][j] · output-gradient[i]; \
      S[i][j] = P[i][j] · (Z[i][j] · output-gradient[i] · values[j] − output-gradient[i] · output[i]); \
      queries-gradient[i] = scale · Σ_j S[i][j] · keys[j]; keys-gradient[j] = scale · Σ_i S[i][j] · queries[i]; \
      bias-gradient[i][j] = S[i][j]; slopes-gradient[h] = −Σ_i Σ_j S[i][j] · |i′ − j|; \
      sinks-gradient[h] = −Σ_i exp(sinks[h] − log-sum-exp[i]) · (output-gradient[i] · output[i]); \
      P[i][j] = exp(score[i][j] − log-sum-exp[i]), Z the dropout's factors
      """,
    floatingPointOperations: Count(6, .visiblePairs, .headDimension) + Count(4, .visiblePairs, .valueDimension),
    dropoutDraws: Count(1, .visiblePairs),
    reads: [
      Operand(
        "queries", .heads(.queryHeads, rows: .queryLength, columns: .headDimension),
        leastCount: Count(1, .queryHeads, .queryTokens, .headDimension)),
      Operand(
        "keys", .heads(.keyValueHeads, rows: .keyLength, columns: .headDimension),
        leastCount: Count(1, .visibleKeys, .headDimension)),
      Operand(
        "values", .heads(.keyValueHeads, rows: .keyLength, columns: .valueDimension),
        leastCount: Count(1, .visibleKeys, .valueDimension)),
      Operand("bias", .vector(.biasElements), role: .parameter, optional: true),
      Operand("mask", .vector(.maskElements), .uint8, role: .mask, optional: true),
      Operand("slopes", .vector(.slopeElements), role: .parameter, optional: true),
      Operand("sinks", .vector(.sinkElements), role: .parameter, optional: true),
      Operand(
        "output", .heads(.queryHeads, rows: .queryLength, columns: .valueDimension),
        leastCount: Count(1, .queryHeads, .queryTokens, .valueDimension)),
      Operand(
        "log-sum-exp", .headRows(.queryHeads, rows: .queryLength), role: .rowStatistic,
        leastCount: Count(1, .queryHeads, .queryTokens)),
      Operand(
        "output-gradient", .heads(.queryHeads, rows: .queryLength, columns: .valueDimension),
        leastCount: Count(1, .queryHeads, .queryTokens, .valueDimension)),
    ],
    writes: [
      Operand(
        "queries-gradient", .heads(.queryHeads, rows: .queryLength, columns: .headDimension),
        leastCount: Count(1, .queryHeads, .queryRows, .headDimension)),
      Operand(
        "keys-gradient", .heads(.keyValueHeads, rows: .keyLength, columns: .headDimension),
        leastCount: Count(1, .keyValueHeads, .keyRows, .headDimension)),
      Operand(
        "values-gradient", .heads(.keyValueHeads, rows: .keyLength, columns: .valueDimension),
        leastCount: Count(1, .keyValueHeads, .keyRows, .valueDimension)),
      Operand("bias-gradient", .vector(.biasGradientElements), role: .parameter, optional: true),
      Operand("slopes-gradient", .vector(.slopeElements), role: .parameter, optional: true),
      Operand("sinks-gradient", .vector(.sinkElements), role: .parameter, optional: true),
    ], options: [.attention])
}

extension OperatorEntry {
  static let attentionGradients = OperatorEntry(
    .attentionGradients, variants: AttentionGradientKernels.variants.map(\.instructionSet)
  ) { request, context throws(TesseraError) in
    let plan = try AttentionGradientPlan(for: try request.attentionProblem, context: context)
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try plan.run(
        on: AttentionGradientBuffers(
          queries: buffers.input("queries"), keys: buffers.input("keys"), values: buffers.input("values"),
          bias: buffers.input("bias"), mask: buffers.inputBytes("mask"), slopes: buffers.input("slopes"),
          sinks: buffers.input("sinks"),
          output: buffers.input("output"),
          logSumExp: buffers.input("log-sum-exp"), outputGradient: buffers.input("output-gradient"),
          queriesGradient: buffers.output("queries-gradient"), keysGradient: buffers.output("keys-gradient"),
          valuesGradient: buffers.output("values-gradient"), biasGradient: buffers.output("bias-gradient"),
          slopesGradient: buffers.output("slopes-gradient"), sinksGradient: buffers.output("sinks-gradient")))
    }
  }
}
