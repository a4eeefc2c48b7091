/// A linear map of each row, without its bias, planned.
///
///     output[r][c] = Σ_k input[r][k] · weight[c][k]
///
/// Each element is one chain of multiply-adds over k in ascending order: the same bits with weights packed or not, for
/// every number of threads, and whatever other rows the call has. A plan has working memory: it runs one call at a time.
public final class LinearPlan {
  private let input: MatrixLayout
  private let weight: MatrixLayout
  private let output: MatrixLayout
  private let isPacked: Bool
  private let product: GemmPlan
  private let workspace: GemmWorkspace
  private let context: ExecutionContext

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { workspace.byteCount }

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
    let name = OperatorDescriptor.linear.name
    for (operand, layout, rows, columns) in [
      ("input", input, input.rows, input.columns), ("weight", weight, weight.rows, input.columns),
      ("output", output, input.rows, weight.rows),
    ] {
      try layout.check(
        rows: rows, columns: columns, count: .max, written: operand == "output", operation: name, operand: operand)
    }
    try OperatorDescriptor.linear.checkSize([.rows: output.rows, .columns: output.columns, .depth: input.columns])
    (self.input, self.weight, self.output, self.isPacked, self.context) = (input, weight, output, isPacked, context)
    self.workspace = workspace
    product = try GemmPlan(
      GemmProblem(
        rows: output.rows, columns: output.columns, depth: input.columns, leftRowStride: input.rowStride,
        right: isPacked ? .packed : .rows(stride: weight.rowStride), outputRowStride: output.rowStride),
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
    input x: UnsafeBufferPointer<Float>, weight w: UnsafeBufferPointer<Float>,
    output y: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    guard !isPacked else {
      throw LinearWeight.notAsPlanned(
        isPacked: true, operation: OperatorDescriptor.linear.name, operand: "weight")
    }
    try check("weight", weight, w.count)
    try run(x, PlacedMatrix("weight", w, weight), w.baseAddress.map { $0 + weight.offset }, y)
  }

  func run(
    input x: UnsafeBufferPointer<Float>, weight: PackedWeights, output y: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    try check(.packed(weight), operation: OperatorDescriptor.linear.name, operand: "weight")
    try run(x, placed(.packed(weight), operand: "weight"), UnsafePointer(weight.panels.pointer), y)
  }

  /// Of weights without gaps.
  func run(
    input: UnsafeBufferPointer<Float>, weight: LinearWeight, output: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    switch weight {
    case .rows(let elements): try run(input: input, weight: elements, output: output)
    case .packed(let packed): try run(input: input, weight: packed, output: output)
    }
  }

  /// Throws, in the name of the operator that this map is part of, unless the weights are those of the plan.
  func check(_ weight: LinearWeight, operation: String, operand: String) throws(TesseraError) {
    try weight.check(
      columns: output.columns, depth: input.columns, isPacked: isPacked, panelColumns: product.kernels.panelColumns,
      operation: operation, operand: operand)
  }

  func placed(_ weight: LinearWeight, operand: String) -> PlacedMatrix {
    weight.placed(operand, columns: output.columns, depth: input.columns)
  }

  private func run(
    _ x: UnsafeBufferPointer<Float>, _ placedWeight: PlacedMatrix, _ weight: UnsafePointer<Float>?,
    _ y: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let descriptor = OperatorDescriptor.linear
    try check("input", input, x.count)
    try check("output", output, y.count)
    try checkOverlap(
      descriptor, reads: [PlacedMatrix("input", x, input), placedWeight],
      writes: [PlacedMatrix("output", UnsafeBufferPointer(y), output)])
    let traffic = product.run(
      GemmPlan.Operands(
        left: x.baseAddress.map { $0 + input.offset }, right: UnsafeRawPointer(weight),
        output: y.baseAddress.map { $0 + output.offset }))
    context.ledger?.record(
      descriptor, extents: [.rows: output.rows, .columns: output.columns, .depth: input.columns], mode: .training,
      traffic: traffic)
  }

  private func check(_ operand: String, _ layout: MatrixLayout, _ count: Int) throws(TesseraError) {
    try layout.check(
      rows: layout.rows, columns: layout.columns, count: count, written: operand == "output",
      operation: OperatorDescriptor.linear.name, operand: operand)
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
