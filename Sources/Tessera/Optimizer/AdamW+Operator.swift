extension OperatorDescriptor {
  /// A step of AdamW: parameters and moments follow the gradients in one pass.
  public static let adamW = OperatorDescriptor(
    name: "adamw", operatorClass: .elementWise,
    formula: "first = β₁ · first + (1 − β₁) · g,  second = β₂ · second + (1 − β₂) · g²,  "
      + "g = gradientScale · gradient,  "
      + "parameter = (1 − rate · weightDecay) · parameter − rate · (first / (1 − β₁ᵗ)) / (√(second / (1 − β₂ᵗ)) + ε)",
    // Scaling 1, moments 3 and 4, divisor 3, quotient 1, what stays of the parameter 1, its step 2.
    floatingPointOperations: Count(15, .rows, .columns),
    reads: [
      Operand("earlier-parameters", .matrix(.rows, .columns), role: .parameter),
      Operand("gradients", .matrix(.rows, .columns)), Operand("earlier-first-moments", .matrix(.rows, .columns)),
      Operand("earlier-second-moments", .matrix(.rows, .columns), content: .magnitudes),
    ],
    writes: [
      Operand("parameters", .matrix(.rows, .columns), role: .parameter),
      Operand("first-moments", .matrix(.rows, .columns)), Operand("second-moments", .matrix(.rows, .columns)),
    ],
    aliasing: [
      "parameters": ["earlier-parameters"], "first-moments": ["earlier-first-moments"],
      "second-moments": ["earlier-second-moments"],
    ], options: [.adamW])
}

extension OperatorEntry {
  static let adamW = OperatorEntry(.adamW, variants: OptimizerKernels.variants.map(\.instructionSet)) {
    request, context throws(TesseraError) in
    let (rows, columns) = (request.extents[.rows], request.extents[.columns])
    func layout(_ operand: String) -> MatrixLayout { request.layout(operand, rows: rows, columns: columns) }
    let options = request.adamW
    try options.check()
    let plan = try AdamWPlan(
      AdamWPlan.Layouts(
        earlierParameters: layout("earlier-parameters"), gradients: layout("gradients"),
        earlierFirstMoments: layout("earlier-first-moments"), earlierSecondMoments: layout("earlier-second-moments"),
        parameters: layout("parameters"), firstMoments: layout("first-moments"),
        secondMoments: layout("second-moments")), context: context)
    return PreparedOperator { buffers throws(TesseraError) in
      try plan.run(
        options,
        AdamWOperands(
          earlierParameters: buffers.input("earlier-parameters"), gradients: buffers.input("gradients"),
          earlierFirstMoments: buffers.input("earlier-first-moments"),
          earlierSecondMoments: buffers.input("earlier-second-moments"), parameters: buffers.output("parameters"),
          firstMoments: buffers.output("first-moments"), secondMoments: buffers.output("second-moments")))
    }
  }
}
