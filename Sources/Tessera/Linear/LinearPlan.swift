/// A linear map of each row, without its bias, planned.
///
///     output[r][c] = Σ_k input[r][k] · weight[c][k]
///
/// Each element is one chain of multiply-adds over k in ascending order: the same bits with weights packed or not, for
/// every number of threads, and whatever other rows the call has. A plan has working memory: it runs one call at a
/// time.
public final class LinearPlan {
  private let map: LinearMap
  private let output: MatrixLayout
  private let context: ExecutionContext

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { map.workspace.byteCount }

  /// input: rows × depth; weight: columns × depth, one row for each output column; output: rows × columns. What is read
  /// may have any row stride. `isPacked`: the weights come as `PackedWeights` of that shape.
  /// Throws where extents disagree or do not fit in memory.
  public convenience init(
    input: MatrixLayout, weight: MatrixLayout, isPacked: Bool = false, output: MatrixLayout? = nil,
    context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    try self.init(
      input: input, weight: weight, isPacked: isPacked, output: output,
      workspace: GemmWorkspace(threadCount: context.pool.threadCount), context: context)
  }

  /// `workspace`, of at least the context's threads, may be shared with plans that do not run at the same time.
  public init(
    input: MatrixLayout, weight: MatrixLayout, isPacked: Bool = false, output: MatrixLayout? = nil,
    workspace: GemmWorkspace, context: ExecutionContext
  ) throws(TesseraError) {
    let output = output ?? MatrixLayout(rows: input.rows, columns: weight.rows)
    try output.check(
      rows: input.rows, columns: weight.rows, count: .max, written: true, operation: OperatorDescriptor.linear.name,
      operand: "output")
    (self.output, self.context) = (output, context)
    map = try LinearMap(
      .linear, input: input, weight: weight, form: isPacked ? .packed : .rows, outputRowStride: output.rowStride,
      workspace: workspace, context: context)
  }

  /// Zeros where depth is 0. `output` shares memory with neither. Throws before anything is written.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try weight.withBuffer { weight throws(TesseraError) in
        try output.withMutableBuffer { output throws(TesseraError) in
          try run(input: input, weight: weight, output: output)
        }
      }
    }
  }

  /// The same with weights that were packed for the plan's shape and instruction set.
  public func run(
    _ input: Span<Float>, weight: PackedWeights, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try output.withMutableBuffer { output throws(TesseraError) in
        try run(input: input, weight: weight, output: output)
      }
    }
  }

  func run(
    input: UnsafeBufferPointer<Float>, weight: UnsafeBufferPointer<Float>, output: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    try run(input: input, weight: .rows(weight), output: output)
  }

  func run(
    input: UnsafeBufferPointer<Float>, weight: PackedWeights, output: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    try run(input: input, weight: .packed(weight), output: output)
  }

  func run(
    input x: UnsafeBufferPointer<Float>, weight: LinearWeight, output y: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let descriptor = OperatorDescriptor.linear
    let (input, weight, operands) = try map.place(x, weight)
    try output.check(
      rows: output.rows, columns: output.columns, count: y.count, written: true, operation: descriptor.name,
      operand: "output")
    try checkOverlap(
      descriptor, reads: [input, weight], writes: [PlacedMatrix("output", UnsafeBufferPointer(y), output)])
    var written = operands
    written.output = y.baseAddress.map { $0 + output.offset }
    let traffic = map.product.run(written)
    context.ledger?.record(descriptor, extents: map.extents, mode: .training, traffic: traffic)
  }
}

/// A linear map in one call. See `LinearPlan`.
public func linear(
  _ input: Span<Float>, _ inputLayout: MatrixLayout, weight: Span<Float>, weightLayout: MatrixLayout,
  output: consuming MutableSpan<Float>, outputLayout: MatrixLayout? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  try LinearPlan(input: inputLayout, weight: weightLayout, output: outputLayout, context: context)
    .run(input, weight: weight, output: output)
}
