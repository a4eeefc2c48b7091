extension OperatorDescriptor {
  /// The column of each row's greatest element.
  public static let argmax = OperatorDescriptor(
    name: "argmax", operatorClass: .statisticalNormalization,
    formula: "output[r] = the least c with input[r][c] = max input[r][c′]",
    floatingPointOperations: Count(1, .rows, .columns), reads: [Operand("input", .matrix(.rows, .columns))],
    writes: [Operand("output", .vector(.rows), .int32, content: .indices(below: .columns))])

  /// A column of each row, drawn by its softmax.
  public static let sampling = OperatorDescriptor(
    name: "sampling", operatorClass: .statisticalNormalization,
    formula: "output[r] = the least c with Σ_{c′ ≤ c} w[c′] > u[r] · Σ w,  w[c] = exp((input[r][c] − m[r]) / T) or 0",
    // The compare of the maximum; subtract, exponential and sum.
    floatingPointOperations: Count(4, .rows, .columns), reads: [Operand("input", .matrix(.rows, .columns))],
    writes: [Operand("output", .vector(.rows), .int32, content: .indices(below: .columns))], options: [.sampling])
}

extension OperatorEntry {
  // Portable alone: it takes as long as reading the row.
  static let argmax = OperatorEntry(.argmax, variants: [.portable]) { request, context throws(TesseraError) in
    let plan = try ArgmaxPlan(input: request.logits, context: context)
    return PreparedOperator { buffers throws(TesseraError) in
      try plan.run(input: buffers.input("input"), output: buffers.indices("output"))
    }
  }

  static let sampling = OperatorEntry(.sampling, variants: AttentionKernels.variants.map(\.instructionSet)) {
    request, context throws(TesseraError) in
    var options = request.sampling
    (options.seed, options.offset) = (request.seed, request.offset)
    let plan = try SamplingPlan(input: request.logits, options: options, context: context)
    let recent = request.recentTokens
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      try recent.span.withBuffer { recent throws(TesseraError) in
        try plan.run(
          input: buffers.input("input"), recent: recent, sequence: 0, step: 0, output: buffers.indices("output"))
      }
    }
  }
}

extension OperatorRequest {
  fileprivate var logits: MatrixLayout { layout("input", rows: extents[.rows], columns: extents[.columns]) }
}
