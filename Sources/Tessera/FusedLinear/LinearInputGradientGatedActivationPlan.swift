/// The gradient of a linear map's input, taken on through the gated activation that made that input, while it is in the
/// cache, planned.
///
///     gateGradient[r][k] = s[r][k] · up[r][k] · activation′(gate[r][k])
///     upGradient[r][k] = s[r][k] · activation(gate[r][k]),  s[r][k] = Σ_c outputGradient[r][c] · weight[c][k]
///
/// The same bits as `LinearInputGradientPlan` and `GatedActivationGradientPlan` one after the other, for every number
/// of threads. A plan has working memory: it runs one call at a time. Shazeer, "GLU Variants Improve Transformer"
/// (2020), section 2.
public final class LinearInputGradientGatedActivationPlan {
  private let descriptor = OperatorDescriptor.linearInputGradientGatedActivation
  private let map: LinearMap
  private let gradients: GateGradientPlan
  private let context: ExecutionContext

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { map.workspace.byteCount }

  /// outputGradient: rows × columns; weight: columns × depth, as the map has it, or packed for the input's gradient;
  /// gate, up and their gradients: rows × depth, without gaps unless their layouts say otherwise. What is read may have
  /// any row stride. `workspace`, of at least the context's threads, may be shared with plans that do not run at the
  /// same time; nil takes one. Throws where extents disagree or do not fit in memory.
  public init(
    _ activation: Activation, outputGradient: MatrixLayout, weight: MatrixLayout, isPacked: Bool = false,
    gate: MatrixLayout? = nil, up: MatrixLayout? = nil, gateGradient: MatrixLayout? = nil,
    upGradient: MatrixLayout? = nil, workspace: GemmWorkspace? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let result = MatrixLayout(rows: outputGradient.rows, columns: weight.columns)
    map = try LinearMap(
      descriptor, .inputGradient, input: outputGradient, weight: weight, form: isPacked ? .packed : .rows,
      finish: .columns, epilogueMatrices: 4,
      workspace: workspace ?? GemmWorkspace(threadCount: context.pool.threadCount), context: context)
    gradients = try GateGradientPlan(
      activation,
      layouts: .init(
        outputGradient: result, gate: gate ?? result, up: up ?? result, gateGradient: gateGradient ?? result,
        upGradient: upGradient ?? result), ridingOn: descriptor, context: context)
    self.context = context
  }

  /// Zeros where there are no columns, unless a gate or an up is not finite. What is written shares memory with nothing
  /// else. Throws before anything is written.
  public func run(
    _ outputGradient: Span<Float>, weight: Span<Float>, gate: Span<Float>, up: Span<Float>,
    gateGradient: consuming MutableSpan<Float>, upGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var gateGradient = gateGradient
    var upGradient = upGradient
    try LinearWeight.with(weight) { weight throws(TesseraError) in
      try run(outputGradient, weight, gate, up, &gateGradient, &upGradient)
    }
  }

  /// The same with weights that were packed for the plan's shape and instruction set.
  public func run(
    _ outputGradient: Span<Float>, weight: PackedWeights, gate: Span<Float>, up: Span<Float>,
    gateGradient: consuming MutableSpan<Float>, upGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var gateGradient = gateGradient
    var upGradient = upGradient
    try run(outputGradient, .packed(weight), gate, up, &gateGradient, &upGradient)
  }

  /// Each gradient in the place of what it is the gradient of, where gate and up are parts of one matrix, as its two
  /// halves are: their layouts, which are the gradients', say where.
  public func run(
    _ outputGradient: Span<Float>, weight: Span<Float>, inPlaceOfBoth gateAndUp: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var gateAndUp = gateAndUp
    try LinearWeight.with(weight) { weight throws(TesseraError) in
      try outputGradient.withBuffer { outputGradient throws(TesseraError) in
        try gateAndUp.withMutableBuffer { both throws(TesseraError) in
          let read = UnsafeBufferPointer(both)
          try run(
            outputGradient: outputGradient, weight: weight, gate: read, up: read, gateGradient: both, upGradient: both)
        }
      }
    }
  }

  private func run(
    _ outputGradient: Span<Float>, _ weight: LinearWeight, _ gate: Span<Float>, _ up: Span<Float>,
    _ gateGradient: inout MutableSpan<Float>, _ upGradient: inout MutableSpan<Float>
  ) throws(TesseraError) {
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try gate.withBuffer { gate throws(TesseraError) in
        try up.withBuffer { up throws(TesseraError) in
          try gateGradient.withMutableBuffer { gateGradient throws(TesseraError) in
            try upGradient.withMutableBuffer { upGradient throws(TesseraError) in
              try run(
                outputGradient: outputGradient, weight: weight, gate: gate, up: up, gateGradient: gateGradient,
                upGradient: upGradient)
            }
          }
        }
      }
    }
  }

  func run(
    outputGradient dY: UnsafeBufferPointer<Float>, weight: LinearWeight, gate: UnsafeBufferPointer<Float>,
    up: UnsafeBufferPointer<Float>, gateGradient: UnsafeMutableBufferPointer<Float>,
    upGradient: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let (outputGradient, weight, product) = try map.place(dY, weight)
    let operands = GateGradientPlan.Operands(
      outputGradient: UnsafeBufferPointer(start: nil, count: 0), gate: gate, up: up, gateGradient: gateGradient,
      upGradient: upGradient)
    let others = try gradients.placeOnSums(operands)
    let isInPlace = try checkOverlap(
      descriptor, reads: [outputGradient, weight, others.gate, others.up],
      writes: [others.gateGradient, others.upGradient])
    let traffic = map.product.run(product, finishing: gradients.epilogue(operands, isInPlace: isInPlace))
    context.ledger?.record(descriptor, extents: map.extents, mode: .training, traffic: traffic)
  }
}

/// The gradient of a linear map's input and of the gated activation before it in one call. See
/// `LinearInputGradientGatedActivationPlan`.
public func linearInputGradientGatedActivation(
  _ activation: Activation, _ outputGradient: Span<Float>, _ outputGradientLayout: MatrixLayout, weight: Span<Float>,
  weightLayout: MatrixLayout, gate: Span<Float>, up: Span<Float>, gateGradient: consuming MutableSpan<Float>,
  upGradient: consuming MutableSpan<Float>, context: ExecutionContext? = nil
) throws(TesseraError) {
  let plan = try LinearInputGradientGatedActivationPlan(
    activation, outputGradient: outputGradientLayout, weight: weightLayout, context: context)
  try plan.run(
    outputGradient, weight: weight, gate: gate, up: up, gateGradient: gateGradient, upGradient: upGradient)
}
