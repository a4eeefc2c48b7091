extension OperatorDescriptor {
  /// A learned linear map of each row, without its bias.
  public static let linear = OperatorDescriptor(
    name: "linear", operatorClass: .tensorContraction, formula: "output[r][c] = Σ_k input[r][k] · weight[c][k]",
    floatingPointOperations: Count(2, .rows, .columns, .depth),
    reads: [Operand("input", .matrix(.rows, .depth)), Operand("weight", .matrix(.columns, .depth), role: .parameter)],
    writes: [Operand("output", .matrix(.rows, .columns))], options: [.packedWeights])
}

extension OperatorEntry {
  /// Weights that are to be packed are packed for each memory that they lie in.
  static let linear = OperatorEntry(.linear, variants: ContractionKernels.variants.map(\.instructionSet)) {
    request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let weight = request.layout("weight", rows: columns, columns: depth)
    let plan = try LinearPlan(
      input: request.layout("input", rows: rows, columns: depth), weight: weight, isPacked: request.packsWeights,
      output: request.layout("output", rows: rows, columns: columns), context: context)
    guard request.packsWeights else {
      return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
        try plan.run(
          input: buffers.input("input"), weight: buffers.input("weight"), output: buffers.output("output"))
      }
    }
    var packed: [UnsafePointer<Float>?: PackedWeights] = [:]
    return PreparedOperator(
      workspaceBytes: plan.workspaceBytes,
      arrange: { buffers throws(TesseraError) in
        let floats = buffers.input("weight")
        let panels = try PackedWeights(floats.span, weight, context: context)
        packed[floats.baseAddress] = panels
        return UnsafeRawBufferPointer(panels.panels.elements)
      },
      run: { buffers throws(TesseraError) in
        try plan.run(
          input: buffers.input("input"), weight: packed[buffers.input("weight").baseAddress]!,
          output: buffers.output("output"))
      })
  }
}
