/// The gradient of a linear map's input, planned.
///
///     inputGradient[r][k] = Σ_c outputGradient[r][c] · weight[c][k]
///
/// Each element is one chain of multiply-adds over c in ascending order: the same bits with weights packed or not, for
/// every number of threads, and whatever other rows the call has. A plan has working memory: it runs one call at a
/// time.
public final class LinearInputGradientPlan {
  let map: LinearMap
  private let inputGradient: MatrixLayout
  private let context: ExecutionContext

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { map.workspace.byteCount }

  /// outputGradient: rows × columns; weight: columns × depth, as the map has it; inputGradient: rows × depth. What is
  /// read may have any row stride. `isPacked`: the weights come as `PackedWeights` for the input's gradient.
  /// `workspace`, of at least the context's threads, may be shared with plans that do not run at the same time; nil
  /// takes one. Throws where extents disagree or do not fit in memory.
  public init(
    outputGradient: MatrixLayout, weight: MatrixLayout, isPacked: Bool = false, inputGradient: MatrixLayout? = nil,
    workspace: GemmWorkspace? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let inputGradient = inputGradient ?? MatrixLayout(rows: outputGradient.rows, columns: weight.columns)
    let descriptor = OperatorDescriptor.linearInputGradient
    try inputGradient.check(
      rows: outputGradient.rows, columns: weight.columns, count: .max, written: true, operation: descriptor.name,
      operand: "input-gradient")
    (self.inputGradient, self.context) = (inputGradient, context)
    map = try LinearMap(
      descriptor, .inputGradient, input: outputGradient, weight: weight, form: isPacked ? .packed : .rows,
      outputRowStride: inputGradient.rowStride,
      workspace: workspace ?? GemmWorkspace(threadCount: context.pool.threadCount), context: context)
  }

  /// Zeros where there are no columns. `inputGradient` shares memory with neither. Throws before anything is written.
  public func run(
    _ outputGradient: Span<Float>, weight: Span<Float>, inputGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var inputGradient = inputGradient
    try LinearWeight.with(weight) { weight throws(TesseraError) in
      try run(outputGradient, weight, &inputGradient)
    }
  }

  /// The same with weights that were packed for the plan's shape and instruction set.
  public func run(
    _ outputGradient: Span<Float>, weight: PackedWeights, inputGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var inputGradient = inputGradient
    try run(outputGradient, .packed(weight), &inputGradient)
  }

  private func run(
    _ outputGradient: Span<Float>, _ weight: LinearWeight, _ inputGradient: inout MutableSpan<Float>
  ) throws(TesseraError) {
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try inputGradient.withMutableBuffer { inputGradient throws(TesseraError) in
        try run(outputGradient: outputGradient, weight: weight, inputGradient: inputGradient)
      }
    }
  }

  func run(
    outputGradient dY: UnsafeBufferPointer<Float>, weight: LinearWeight,
    inputGradient dX: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let descriptor = OperatorDescriptor.linearInputGradient
    let (outputGradient, weight, operands) = try map.place(dY, weight)
    try inputGradient.check(
      rows: inputGradient.rows, columns: inputGradient.columns, count: dX.count, written: true,
      operation: descriptor.name, operand: "input-gradient")
    try checkOverlap(
      descriptor, reads: [outputGradient, weight],
      writes: [PlacedMatrix("input-gradient", UnsafeBufferPointer(dX), inputGradient)])
    var written = operands
    written.output = dX.baseAddress.map { $0 + inputGradient.offset }
    let traffic = map.product.run(written)
    context.ledger?.record(descriptor, extents: map.extents, mode: .training, traffic: traffic)
  }
}

/// The gradient of a linear map's input in one call. See `LinearInputGradientPlan`.
public func linearInputGradient(
  _ outputGradient: Span<Float>, _ outputGradientLayout: MatrixLayout, weight: Span<Float>,
  weightLayout: MatrixLayout, inputGradient: consuming MutableSpan<Float>, inputGradientLayout: MatrixLayout? = nil,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  try LinearInputGradientPlan(
    outputGradient: outputGradientLayout, weight: weightLayout, inputGradient: inputGradientLayout, context: context
  ).run(outputGradient, weight: weight, inputGradient: inputGradient)
}
