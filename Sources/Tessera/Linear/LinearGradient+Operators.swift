extension OperatorDescriptor {
  private static let outputGradient = Operand("output-gradient", .matrix(.rows, .columns))
  private static let input = Operand("input", .matrix(.rows, .depth))
  private static let weightGradient = Operand("weight-gradient", .matrix(.columns, .depth), role: .parameter)
  private static let biasGradientVector = Operand(
    "bias-gradient", .vector(.columns), role: .parameter, optional: true)

  /// The gradient of a linear map's input: what the backward pass goes on with.
  public static let linearInputGradient = OperatorDescriptor(
    name: "linear-input-gradient", operatorClass: .tensorContraction,
    formula: "input-gradient[r][k] = Σ_c output-gradient[r][c] · weight[c][k]",
    floatingPointOperations: Count(2, .rows, .columns, .depth),
    reads: [outputGradient, Operand("weight", .matrix(.columns, .depth), role: .parameter)],
    writes: [Operand("input-gradient", .matrix(.rows, .depth))], options: [.packedWeights])

  /// The gradients of a linear map's weights and bias; in place they are added to those that are there.
  public static let linearWeightGradient = linearWeightGradient(accumulates: false, hasBias: true)

  /// The same of a map that may have no bias, and a call that may add to gradients that are there.
  package static func linearWeightGradient(accumulates: Bool, hasBias: Bool) -> OperatorDescriptor {
    func earlier(_ gradient: Operand) -> Operand {
      Operand("earlier-" + gradient.name, gradient.shape, role: gradient.role, optional: true)
    }
    let gradients = [weightGradient] + (hasBias ? [biasGradientVector] : [])
    return OperatorDescriptor(
      name: "linear-weight-gradient", operatorClass: .tensorContraction,
      formula: "weight-gradient[c][k] = Σ_r output-gradient[r][c] · input[r][k],  "
        + "bias-gradient[c] = Σ_r output-gradient[r][c],  each added to an earlier one in place",
      floatingPointOperations: hasBias
        ? Count(2, .rows, .columns, .depth) + Count(1, .rows, .columns) : Count(2, .rows, .columns, .depth),
      reads: [outputGradient, input] + (accumulates ? gradients.map(earlier) : []), writes: gradients,
      aliasing: ["weight-gradient": ["earlier-weight-gradient"], "bias-gradient": ["earlier-bias-gradient"]],
      options: [.bias])
  }
}

extension OperatorEntry {
  private static let gradientVariants = ContractionKernels.variants.map(\.instructionSet)

  static let linearInputGradient = OperatorEntry(.linearInputGradient, variants: gradientVariants) {
    request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let weight = request.layout("weight", rows: columns, columns: depth)
    let plan = try LinearInputGradientPlan(
      outputGradient: request.layout("output-gradient", rows: rows, columns: columns), weight: weight,
      isPacked: request.packsWeights, inputGradient: request.layout("input-gradient", rows: rows, columns: depth),
      context: context)
    return .multiplying(
      request, weight, forInputGradient: true, workspaceBytes: plan.workspaceBytes, context
    ) { buffers, weight throws(TesseraError) in
      try plan.run(
        outputGradient: buffers.input("output-gradient"), weight: weight,
        inputGradient: buffers.output("input-gradient"))
    }
  }

  /// A call in place adds to earlier gradients; one that is not has none.
  static let linearWeightGradient = OperatorEntry(
    .linearWeightGradient, variants: gradientVariants,
    describe: { .linearWeightGradient(accumulates: $0.isInPlace, hasBias: $0.hasBias) }
  ) { request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let plan = try LinearWeightGradientPlan(
      outputGradient: request.layout("output-gradient", rows: rows, columns: columns),
      input: request.layout("input", rows: rows, columns: depth),
      weightGradient: request.layout("weight-gradient", rows: columns, columns: depth),
      accumulates: request.isInPlace, hasBias: request.hasBias, context: context)
    let hasBias = request.hasBias
    return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
      let biasGradient = hasBias ? buffers.output("bias-gradient") : nil
      try plan.run(
        outputGradient: buffers.input("output-gradient"), input: buffers.input("input"),
        weightGradient: buffers.output("weight-gradient"), biasGradient: biasGradient)
    }
  }
}
