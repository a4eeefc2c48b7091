import Tessera

/// A call that the catalog has no line for: the unfused sequence's own.
enum BaselineCall {
  typealias Run = (OperandBuffers) throws(TesseraError) -> Void

  /// The call planned; nil where the catalog has it.
  static func planned(_ call: OperatorCall, context: ExecutionContext) throws(TesseraError) -> Run? {
    switch call.descriptor {
    case .baselineLinear: try linear(call, context)
    case .baselineLinearInputGradient: try linearInputGradient(call, context)
    case .baselineLinearWeightGradient: try linearWeightGradient(call, context)
    case .baselineBatchedContraction: try batched(call, transposesLeft: false, context)
    case .baselineTransposedContraction: try batched(call, transposesLeft: true, context)
    case .baselineDropoutGradient: try dropoutGradient(call, context)
    case .baselineReLUGradient: reluGradient(call, context)
    case .layerNormKeepingStatistics: try layerNorm(call, context)
    default: nil
    }
  }

  private static func linear(_ call: OperatorCall, _ context: ExecutionContext) throws(TesseraError) -> Run {
    let extents = call.request.extents
    let map = try BaselineLinear(
      rows: extents[.rows], columns: extents[.columns], depth: extents[.depth], context: context,
      library: OpenBLASLibrary.shared())
    return { operands throws(TesseraError) in
      map.run(
        input: read(operands, "input"), weight: read(operands, "weight"), output: written(operands, "output"))
    }
  }

  private static func linearInputGradient(
    _ call: OperatorCall, _ context: ExecutionContext
  ) throws(TesseraError) -> Run {
    let (rows, columns, depth) = sizes(call)
    return try product(
      call, .init(rows: rows, columns: depth, depth: columns), ["output-gradient", "weight", "input-gradient"],
      left: plane(rows, columns), right: plane(columns, depth), output: plane(rows, depth), context: context)
  }

  private static func linearWeightGradient(
    _ call: OperatorCall, _ context: ExecutionContext
  ) throws(TesseraError) -> Run {
    let (rows, columns, depth) = sizes(call)
    return try product(
      call, .init(rows: columns, columns: depth, depth: rows), ["output-gradient", "input", "weight-gradient"],
      left: plane(rows, columns), transposesLeft: true, right: plane(rows, depth), output: plane(columns, depth),
      context: context)
  }

  private static func batched(
    _ call: OperatorCall, transposesLeft: Bool, _ context: ExecutionContext
  ) throws(TesseraError) -> Run {
    let (request, planes) = (call.request, call.request.extents[.planes])
    let (rows, columns, depth) = sizes(call)
    func layout(_ operand: String, _ rows: Int, _ columns: Int) -> BatchedMatrixLayout {
      request.batchedLayouts[operand] ?? BatchedMatrixLayout(planes: planes, rows: rows, columns: columns)
    }
    return try product(
      call, .init(rows: rows, columns: columns, depth: depth), ["left", "right", "output"],
      left: transposesLeft ? layout("left", depth, rows) : layout("left", rows, depth),
      transposesLeft: transposesLeft,
      right: request.transposesRight ? layout("right", columns, depth) : layout("right", depth, columns),
      transposesRight: request.transposesRight, output: layout("output", rows, columns), context: context)
  }

  /// `names`: of the left operand, the right one and the result.
  private static func product(
    _ call: OperatorCall, _ sizes: BaselineProduct.Sizes, _ names: [String], left: BatchedMatrixLayout,
    transposesLeft: Bool = false, right: BatchedMatrixLayout, transposesRight: Bool = false,
    output: BatchedMatrixLayout, context: ExecutionContext
  ) throws(TesseraError) -> Run {
    let product = try BaselineProduct(
      call.descriptor.name, sizes, left: left, transposesLeft: transposesLeft, right: right,
      transposesRight: transposesRight, output: output, context: context, library: OpenBLASLibrary.shared())
    let (descriptor, extents) = (call.descriptor, call.request.extents)
    return { operands throws(TesseraError) in
      product.run(
        left: read(operands, names[0]), right: read(operands, names[1]), output: written(operands, names[2]))
      // As of the linear map: inside OpenBLAS nothing can be counted.
      context.ledger?.record(
        descriptor, extents: extents, mode: .training, traffic: descriptor.leastTraffic(extents, mode: .training))
    }
  }

  private static func dropoutGradient(
    _ call: OperatorCall, _ context: ExecutionContext
  ) throws(TesseraError) -> Run {
    let (own, scale) = (
      BaselineElementwise(call.descriptor, call.request.extents, context: context), try call.request.dropout.keepScale
    )
    return { operands throws(TesseraError) in
      own.runDropout(
        read(operands, "output-gradient").baseAddress!,
        mask: UnsafePointer(operands["mask"]!.bindMemory(to: UInt8.self).baseAddress!), scale: scale,
        output: written(operands, "input-gradient").baseAddress!)
    }
  }

  private static func reluGradient(_ call: OperatorCall, _ context: ExecutionContext) -> Run {
    let own = BaselineElementwise(call.descriptor, call.request.extents, context: context)
    return { operands throws(TesseraError) in
      own.runReLU(
        read(operands, "output-gradient").baseAddress!, saved: read(operands, "output").baseAddress!,
        output: written(operands, "input-gradient").baseAddress!)
    }
  }

  private static func layerNorm(_ call: OperatorCall, _ context: ExecutionContext) throws(TesseraError) -> Run {
    let (request, extents) = (call.request, call.request.extents)
    let plan = try LayerNormPlan(
      request.layout("input", rows: extents[.rows], columns: extents[.columns]), keepsStatistics: true,
      epsilon: request.epsilon, context: context)
    return { operands throws(TesseraError) in
      try plan.run(
        read(operands, "input"), weight: read(operands, "weight"), shift: read(operands, "shift"),
        output: written(operands, "output"), mean: written(operands, "mean"),
        inverseDeviation: written(operands, "inverse-deviation"))
    }
  }

  private static func sizes(_ call: OperatorCall) -> (rows: Int, columns: Int, depth: Int) {
    (call.request.extents[.rows], call.request.extents[.columns], call.request.extents[.depth])
  }

  private static func plane(_ rows: Int, _ columns: Int) -> BatchedMatrixLayout {
    BatchedMatrixLayout(planes: 1, rows: rows, columns: columns)
  }

  private static func read(_ operands: OperandBuffers, _ name: String) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(written(operands, name))
  }

  private static func written(_ operands: OperandBuffers, _ name: String) -> UnsafeMutableBufferPointer<Float> {
    operands[name]!.bindMemory(to: Float.self)
  }
}
