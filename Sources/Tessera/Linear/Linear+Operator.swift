extension OperatorDescriptor {
  /// A learned linear map of each row, without its bias.
  public static let linear = OperatorDescriptor(
    name: "linear", operatorClass: .tensorContraction, formula: "output[r][c] = Σ_k input[r][k] · weight[c][k]",
    floatingPointOperations: Count(2, .rows, .columns, .depth),
    reads: [Operand("input", .matrix(.rows, .depth)), Operand("weight", .matrix(.columns, .depth), role: .parameter)],
    writes: [Operand("output", .matrix(.rows, .columns))], options: [.packedWeights])
}

extension OperatorEntry {
  static let linear = OperatorEntry(.linear, variants: ContractionKernels.variants.map(\.instructionSet)) {
    request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let weight = request.layout("weight", rows: columns, columns: depth)
    let plan = try LinearPlan(
      input: request.layout("input", rows: rows, columns: depth), weight: weight, isPacked: request.packsWeights,
      output: request.layout("output", rows: rows, columns: columns), context: context)
    return .multiplying(request, weight, workspaceBytes: plan.workspaceBytes, context) {
      buffers, weight throws(TesseraError) in
      try plan.run(input: buffers.input("input"), weight: weight, output: buffers.output("output"))
    }
  }
}

extension PreparedOperator {
  /// A call with weights. Those that are to be packed are packed for each memory that they lie in.
  static func multiplying(
    _ request: OperatorRequest, _ weight: MatrixLayout, forInputGradient: Bool = false, workspaceBytes: Int,
    _ context: ExecutionContext, run: @escaping (OperandBuffers, LinearWeight) throws(TesseraError) -> Void
  ) -> PreparedOperator {
    multiplying(
      request, ["weight"], weight, forInputGradient: forInputGradient, workspaceBytes: workspaceBytes, context
    ) { buffers, weights throws(TesseraError) in try run(buffers, weights[0]) }
  }

  /// The same with several weights that lie alike.
  static func multiplying(
    _ request: OperatorRequest, _ names: [String], _ weight: MatrixLayout, forInputGradient: Bool = false,
    workspaceBytes: Int, _ context: ExecutionContext,
    run: @escaping (OperandBuffers, [LinearWeight]) throws(TesseraError) -> Void
  ) -> PreparedOperator {
    guard request.packsWeights else {
      return PreparedOperator(workspaceBytes: workspaceBytes) { buffers throws(TesseraError) in
        try run(buffers, names.map { .rows(buffers.input($0)) })
      }
    }
    var packed: [UnsafePointer<Float>?: PackedWeights] = [:]
    return PreparedOperator(
      workspaceBytes: workspaceBytes,
      packWeights: { buffers throws(TesseraError) in
        var last: PackedWeights?
        for name in names {
          let floats = buffers.input(name)
          last = try PackedWeights(floats.span, weight, forInputGradient: forInputGradient, context: context)
          packed[floats.baseAddress] = last
        }
        return last.map { UnsafeRawBufferPointer($0.panels.elements) }
      },
      run: { buffers throws(TesseraError) in
        try run(buffers, names.map { .packed(packed[buffers.input($0).baseAddress]!) })
      })
  }
}
