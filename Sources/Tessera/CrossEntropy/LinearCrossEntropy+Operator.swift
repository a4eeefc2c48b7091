extension OperatorDescriptor {
  /// Cross-entropy of a linear map's output, with the gradients of its input and weights in training.
  public static let linearCrossEntropy = OperatorDescriptor.linearCrossEntropy(.training, accumulates: false)

  /// The same of a call in this mode, which may add to a gradient of the weights that is there.
  static func linearCrossEntropy(_ mode: ExecutionMode, accumulates: Bool) -> OperatorDescriptor {
    let weightGradient = Operand(
      "weight-gradient", .matrix(.columns, .depth), role: .parameter, keptForBackward: true)
    let earlier = Operand("earlier-weight-gradient", weightGradient.shape, role: .parameter, optional: true)
    // Of each logit a difference, an exponential and a sum, and for its gradient a product and a difference.
    let operations =
      mode == .training
      ? Count(6, .rows, .columns, .depth) + Count(5, .rows, .columns)
      : Count(2, .rows, .columns, .depth) + Count(3, .rows, .columns)
    return OperatorDescriptor(
      name: "linear-cross-entropy", operatorClass: .tensorContraction, fuses: ["linear", "softmax"],
      formula: "losses[r] = −Σ_c q[r][c] · ln softmax(logit[r])[c],  logit[r][c] = Σ_k input[r][k] · weight[c][k],  "
        + "q[r][c] = (1 − s) · (c = target[r]) + s / columns,  loss = scale · mean or sum of losses,  "
        + "input-gradient = dloss/dinput,  weight-gradient = dloss/dweight",
      floatingPointOperations: operations,
      reads: [
        Operand("input", .matrix(.rows, .depth)), Operand("weight", .matrix(.columns, .depth), role: .parameter),
        Operand("targets", .vector(.rows), .int32, content: .indices(below: .columns)),
      ] + (accumulates ? [earlier] : []),
      writes: [
        Operand("losses", .vector(.rows), role: .rowStatistic), Operand("loss", .single, role: .rowStatistic),
        Operand("input-gradient", .matrix(.rows, .depth), keptForBackward: true), weightGradient,
      ], aliasing: ["weight-gradient": ["earlier-weight-gradient"]], options: [.packedWeights, .crossEntropy])
  }
}

extension OperatorEntry {
  /// A call in place adds to an earlier gradient of the weights; one that is not has none.
  static let linearCrossEntropy = OperatorEntry(
    .linearCrossEntropy, variants: CrossEntropyKernels.variants.map(\.instructionSet),
    describe: { .linearCrossEntropy($0.mode, accumulates: $0.mode == .training && $0.isInPlace) }
  ) { request, context throws(TesseraError) in
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let weight = request.layout("weight", rows: columns, columns: depth)
    let plan = try LinearCrossEntropyPlan(
      input: request.layout("input", rows: rows, columns: depth), weight: weight, isPacked: request.packsWeights,
      mode: request.mode, inputGradient: request.layout("input-gradient", rows: rows, columns: depth),
      weightGradient: request.layout("weight-gradient", rows: columns, columns: depth), accumulates: request.isInPlace,
      options: request.crossEntropy, context: context)
    let isTraining = request.mode == .training
    func run(
      _ buffers: OperandBuffers, _ weight: LinearWeight, _ weightForInputGradient: LinearWeight
    ) throws(TesseraError) {
      let loss = buffers.output("loss")
      try checkVector(loss.count, expected: 1, operation: OperatorDescriptor.linearCrossEntropy.name, operand: "loss")
      var operands = LinearCrossEntropyOperands(
        input: buffers.input("input"), weight: weight, targets: buffers.rowNumbers("targets"),
        losses: buffers.output("losses"))
      if isTraining {
        operands.weightForInputGradient = weightForInputGradient
        operands.inputGradient = buffers.output("input-gradient")
        operands.weightGradient = buffers.output("weight-gradient")
      }
      loss[0] = try plan.run(operands)
    }
    guard request.packsWeights else {
      return PreparedOperator(workspaceBytes: plan.workspaceBytes) { buffers throws(TesseraError) in
        let weight = LinearWeight.rows(buffers.input("weight"))
        try run(buffers, weight, weight)
      }
    }
    var packed: [UnsafePointer<Float>?: (PackedWeights, PackedWeights)] = [:]
    return PreparedOperator(
      workspaceBytes: plan.workspaceBytes,
      packWeights: { buffers throws(TesseraError) in
        let floats = buffers.input("weight")
        let ofMap = try PackedWeights(floats.span, weight, context: context)
        packed[floats.baseAddress] = (
          ofMap, try PackedWeights(floats.span, weight, forInputGradient: true, context: context)
        )
        return UnsafeRawBufferPointer(ofMap.panels.elements)
      },
      run: { buffers throws(TesseraError) in
        let (ofMap, ofGradient) = packed[buffers.input("weight").baseAddress]!
        try run(buffers, .packed(ofMap), .packed(ofGradient))
      })
  }
}
