extension OperatorEntry {
  /// Weights that are to be packed are, when they are first seen.
  static let linear = OperatorEntry(.linear, variants: ContractionKernels.variants.map(\.instructionSet)) {
    request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let weight = request.layout("weight", rows: columns, columns: depth)
    let plan = try LinearPlan(
      input: request.layout("input", rows: rows, columns: depth), weight: weight, isPacked: request.packsWeights,
      output: request.layout("output", rows: rows, columns: columns), context: context)
    var packed: [UnsafePointer<Float>?: PackedWeights] = [:]
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      let floats = buffers.input("weight")
      guard request.packsWeights else {
        return try plan.run(input: buffers.input("input"), weight: floats, output: buffers.output("output"))
      }
      let weights =
        if let known = packed[floats.baseAddress] { known } else {
          try PackedWeights(floats.span, weight, context: context)
        }
      packed[floats.baseAddress] = weights
      try plan.run(input: buffers.input("input"), weight: weights, output: buffers.output("output"))
    }
  }
}
