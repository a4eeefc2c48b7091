extension OperatorDescriptor {
  /// Rotary position embedding (Su et al., "RoFormer", 2021) of all columns, out of place. FLOPs a pair: four products
  /// and two sums. Of the table Q counts the rows of one sequence: others may stand at the same positions.
  public static let rotaryEmbedding = OperatorDescriptor(
    name: "rotary-embedding", operatorClass: .elementWise,
    formula: "(output[a], output[b]) = (input[a] · cos θ − input[b] · sin θ, input[b] · cos θ + input[a] · sin θ),"
      + "  θ = position[r] · base^(−2i / columns)",
    floatingPointOperations: Count(3, .planes, .rows, .columns),
    reads: [Operand("input", .batchedMatrix(.rows, .columns))],
    writes: [Operand("output", .batchedMatrix(.rows, .columns))],
    constants: [Operand("table", .matrix(.rows, .columns))], aliasing: ["output": ["input"]], options: [.rotary])

  /// A call that rotates the first columns only; the others are copied, or in place not touched.
  static func rotaryEmbedding(rotatedColumns rotated: Int, inPlace: Bool) -> OperatorDescriptor {
    var descriptor = rotaryEmbedding
    descriptor.floatingPointOperations = Count(3 * rotated, .planes, .rows)
    descriptor.constants[0].leastCount = Count(rotated, .rows)
    guard inPlace else { return descriptor }
    descriptor.reads[0].leastCount = Count(rotated, .planes, .rows)
    descriptor.writes[0].leastCount = Count(rotated, .planes, .rows)
    return descriptor
  }
}

extension OperatorEntry {
  static let rotaryEmbedding = OperatorEntry(
    .rotaryEmbedding, variants: RotaryEmbeddingKernels.variants.map(\.instructionSet),
    describe: { request in
      let (columns, rotated) = (request.extents[.columns], request.rotary.rotated(of: request.extents[.columns]))
      // What is out of range is described as the whole, and refused when the call is planned.
      guard rotated != columns, (0...maximumElementCount).contains(rotated) else { return .rotaryEmbedding }
      return .rotaryEmbedding(rotatedColumns: rotated, inPlace: request.isInPlace)
    }
  ) { request, context throws(TesseraError) in
    let (extents, options) = (request.extents, request.rotary)
    func layout(_ operand: String) -> BatchedMatrixLayout {
      request.batchedLayouts[operand]
        ?? BatchedMatrixLayout(planes: extents[.planes], rows: extents[.rows], columns: extents[.columns])
    }
    let (last, overflow) = (options.starts?.max() ?? 0).addingReportingOverflow(extents[.rows])
    let table = try RotaryTable(
      positions: overflow ? .max : last, rotatedColumns: options.rotated(of: extents[.columns]), base: options.base,
      frequencyScale: options.frequencyScale, divisors: options.divisors)
    let plan = try RotaryEmbeddingPlan(
      table, pairing: options.pairing, input: layout("input"), output: layout("output"),
      sequences: options.sequences, context: context)
    return PreparedOperator(workspaceBytes: table.byteCount) { buffers throws(TesseraError) in
      try plan.run(input: buffers.input("input"), output: buffers.output("output"), startingAt: options.starts)
    }
  }
}
