/// The gradient of a linear map's input, added to the gradient of what went on on another way while it is in the cache,
/// planned: where a residual's two ways meet.
///
///     inputGradient[r][k] = Σ_c outputGradient[r][c] · weight[c][k] + residual[r][k]
///
/// The same bits as `LinearInputGradientPlan` and `sumOfGradients` one after the other, for every number of threads. A
/// plan has working memory: it runs one call at a time.
public final class LinearInputGradientResidualPlan {
  private let plan: FusedLinear

  var map: LinearMap { plan.map }
  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { plan.workspaceBytes }

  /// outputGradient: rows × columns; weight: columns × depth, as the map has it, or packed for the input's gradient;
  /// residual and inputGradient: rows × depth. What is read may have any row stride. `workspace`, of at least the
  /// context's threads, may be shared with plans that do not run at the same time; nil takes one. Throws where extents
  /// disagree or do not fit in memory.
  public init(
    outputGradient: MatrixLayout, weight: MatrixLayout, isPacked: Bool = false, residual: MatrixLayout? = nil,
    inputGradient: MatrixLayout? = nil, workspace: GemmWorkspace? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    plan = try FusedLinear(
      .linearInputGradientResidual, [.residual], gives: .inputGradient, input: outputGradient, weight: weight,
      form: isPacked ? .packed : .rows,
      second: residual ?? MatrixLayout(rows: outputGradient.rows, columns: weight.columns), output: inputGradient,
      mode: .training, workspace: workspace, context: try ExecutionContext.resolve(context))
  }

  /// The residual where there are no columns. `inputGradient` shares memory with nothing else. Throws before anything
  /// is written.
  public func run(
    _ outputGradient: Span<Float>, weight: Span<Float>, residual: Span<Float>,
    inputGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var inputGradient = inputGradient
    try LinearWeight.with(weight) { weight throws(TesseraError) in
      try run(outputGradient, weight, residual, &inputGradient)
    }
  }

  /// The same with weights that were packed for the plan's shape and instruction set.
  public func run(
    _ outputGradient: Span<Float>, weight: PackedWeights, residual: Span<Float>,
    inputGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var inputGradient = inputGradient
    try run(outputGradient, .packed(weight), residual, &inputGradient)
  }

  /// The same where residual and input's gradient, whose layouts must agree, are one matrix.
  public func run(
    _ outputGradient: Span<Float>, weight: Span<Float>, ontoResidual matrix: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var matrix = matrix
    try LinearWeight.with(weight) { weight throws(TesseraError) in try run(outputGradient, weight, onto: &matrix) }
  }

  /// The same with packed weights.
  public func run(
    _ outputGradient: Span<Float>, weight: PackedWeights, ontoResidual matrix: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var matrix = matrix
    try run(outputGradient, .packed(weight), onto: &matrix)
  }

  private func run(
    _ outputGradient: Span<Float>, _ weight: LinearWeight, _ residual: Span<Float>,
    _ inputGradient: inout MutableSpan<Float>
  ) throws(TesseraError) {
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try residual.withBuffer { residual throws(TesseraError) in
        try inputGradient.withMutableBuffer { inputGradient throws(TesseraError) in
          try run(outputGradient: outputGradient, weight: weight, residual: residual, inputGradient: inputGradient)
        }
      }
    }
  }

  private func run(
    _ outputGradient: Span<Float>, _ weight: LinearWeight, onto matrix: inout MutableSpan<Float>
  ) throws(TesseraError) {
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try matrix.withMutableBuffer { matrix throws(TesseraError) in
        try run(
          outputGradient: outputGradient, weight: weight, residual: UnsafeBufferPointer(matrix), inputGradient: matrix)
      }
    }
  }

  func run(
    outputGradient: UnsafeBufferPointer<Float>, weight: LinearWeight, residual: UnsafeBufferPointer<Float>,
    inputGradient: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    try plan.run(outputGradient, weight: weight, second: residual, output: inputGradient)
  }
}

/// The gradient of a linear map's input and another added to it in one call. See `LinearInputGradientResidualPlan`.
public func linearInputGradientResidual(
  _ outputGradient: Span<Float>, _ outputGradientLayout: MatrixLayout, weight: Span<Float>,
  weightLayout: MatrixLayout, residual: Span<Float>, inputGradient: consuming MutableSpan<Float>,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  let plan = try LinearInputGradientResidualPlan(
    outputGradient: outputGradientLayout, weight: weightLayout, context: context)
  try plan.run(outputGradient, weight: weight, residual: residual, inputGradient: inputGradient)
}
