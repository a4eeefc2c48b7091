/// The gradient of a linear map's input, taken on through the dropout, activation and bias that made that input, while
/// it is in the cache, planned.
///
///     inputGradient[r][k] = activation′(saved[r][k] + bias[k]) · dropout(Σ_c outputGradient[r][c] · weight[c][k])
///
/// With ReLU, whose gradient is told from its forward call's output, the sum is kept, and scaled, where that is above
/// 0. The same bits as `LinearInputGradientPlan` and `BiasActivationDropoutGradientPlan` one after the other, for every
/// number of threads. The bias's gradient is that of the linear map below: its `LinearWeightGradientPlan` sums it while
/// it has the rows at hand. A plan has working memory: it runs one call at a time.
public final class LinearInputGradientActivationDropoutPlan {
  let map: LinearMap
  private let descriptor: OperatorDescriptor
  private var stage: ActivationGradientStage
  private let context: ExecutionContext

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { map.workspace.byteCount }

  /// `saved` is the plan's that ran forward, which says what a call will need, and was dropped. outputGradient: rows ×
  /// columns; weight: columns × depth, as the map has it, or packed for the input's gradient; neededTensor and
  /// inputGradient: rows × depth. What is read may have any row stride. `workspace`, of at least the context's threads,
  /// may be shared with plans that do not run at the same time; nil takes one. Throws where extents disagree or do not
  /// fit in memory.
  public init(
    _ saved: BiasActivationDropoutSavedTensors, outputGradient: MatrixLayout, weight: MatrixLayout,
    isPacked: Bool = false, neededTensor: MatrixLayout? = nil, inputGradient: MatrixLayout? = nil,
    workspace: GemmWorkspace? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let result = MatrixLayout(rows: outputGradient.rows, columns: weight.columns)
    descriptor = .linearInputGradientActivationDropout(saved.activation)
    map = try LinearMap(
      descriptor, .inputGradient, input: outputGradient, weight: weight, form: isPacked ? .packed : .rows,
      finish: .columns, epilogueMatrices: 2,
      workspace: workspace ?? GemmWorkspace(threadCount: context.pool.threadCount), context: context)
    stage = try ActivationGradientStage(
      saved.activation, planes: 1, rows: result.rows, columns: result.columns,
      layouts: .init(saved: neededTensor ?? result, inputGradient: inputGradient ?? result), dropout: saved.dropout,
      operation: descriptor.name, savedName: saved.activation.savedOperandName, context: context)
    self.context = context
  }

  /// Draws of calls from now on; nothing where nothing is dropped.
  func setDropoutOffset(_ offset: UInt32) { stage.dropout = stage.dropout?.at(offset: offset) }

  /// `neededTensor` is the forward call's output, of ReLU, or its input; the bias, depth values, is nil for ReLU, else
  /// the forward call's. Zeros where there are no columns. A dropped element's gradient is 0 whatever came back to it.
  /// `inputGradient` shares memory with nothing else. Throws before anything is written.
  public func run(
    _ outputGradient: Span<Float>, weight: Span<Float>, neededTensor: Span<Float>, bias: Span<Float>? = nil,
    inputGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var inputGradient = inputGradient
    try LinearWeight.with(weight) { weight throws(TesseraError) in
      try run(outputGradient, weight, neededTensor, bias, &inputGradient)
    }
  }

  /// The same with weights that were packed for the plan's shape and instruction set.
  public func run(
    _ outputGradient: Span<Float>, weight: PackedWeights, neededTensor: Span<Float>, bias: Span<Float>? = nil,
    inputGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var inputGradient = inputGradient
    try run(outputGradient, .packed(weight), neededTensor, bias, &inputGradient)
  }

  private func run(
    _ outputGradient: Span<Float>, _ weight: LinearWeight, _ saved: Span<Float>, _ bias: Span<Float>?,
    _ inputGradient: inout MutableSpan<Float>
  ) throws(TesseraError) {
    let hasBias = bias != nil
    try stage.checkPresence(ofBias: hasBias, operation: descriptor.name)
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try saved.withBuffer { saved throws(TesseraError) in
        try withBuffer(bias) { bias throws(TesseraError) in
          try inputGradient.withMutableBuffer { inputGradient throws(TesseraError) in
            try run(
              outputGradient: outputGradient, weight: weight, saved: saved, bias: hasBias ? bias : nil,
              inputGradient: inputGradient)
          }
        }
      }
    }
  }

  func run(
    outputGradient dY: UnsafeBufferPointer<Float>, weight: LinearWeight, saved: UnsafeBufferPointer<Float>,
    bias: UnsafeBufferPointer<Float>?, inputGradient dZ: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let (outputGradient, weight, product) = try map.place(dY, weight)
    let place = OperandPlacement(operation: descriptor.name)
    try checkOverlap(
      descriptor,
      reads: [
        outputGradient, weight, try place.matrix(stage.activation.savedOperandName, saved, stage.layouts.saved),
        try place.vector("bias", bias, stage.columns),
      ], writes: [try place.matrix("input-gradient", writing: dZ, stage.layouts.inputGradient)])
    let epilogue = stage.epilogue(.init(saved: saved, bias: bias, inputGradient: dZ), context: context)
    let traffic = map.product.run(product, finishing: epilogue)
    context.ledger?.record(descriptor, extents: map.extents, mode: .training, traffic: traffic)
  }
}

/// The gradient of a linear map's input and of the activation before it in one call. See
/// `LinearInputGradientActivationDropoutPlan`.
public func linearInputGradientActivationDropout(
  _ saved: BiasActivationDropoutSavedTensors, _ outputGradient: Span<Float>, _ outputGradientLayout: MatrixLayout,
  weight: Span<Float>, weightLayout: MatrixLayout, neededTensor: Span<Float>, bias: Span<Float>? = nil,
  inputGradient: consuming MutableSpan<Float>, context: ExecutionContext? = nil
) throws(TesseraError) {
  let plan = try LinearInputGradientActivationDropoutPlan(
    saved, outputGradient: outputGradientLayout, weight: weightLayout, context: context)
  try plan.run(
    outputGradient, weight: weight, neededTensor: neededTensor, bias: bias, inputGradient: inputGradient)
}
