/// A matrix product for each plane of a batch, planned.
///
///     output[p][r][c] = Σ_k left[p][r][k] · right[p][k][c]
///
/// Each element is one chain of multiply-adds over k in ascending order. A plan has working memory: it runs one call at
/// a time, and `run` takes no more.
public final class BatchedContractionPlan {
  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { workspace.byteCount }

  private let left: BatchedMatrixLayout
  private let right: BatchedMatrixLayout
  private let output: BatchedMatrixLayout
  private let extents: Extents
  private let product: GemmPlan
  private let workspace: GemmWorkspace
  private let context: ExecutionContext

  /// left: planes × rows × depth; right: planes × depth × columns, or planes × columns × depth with `transposesRight`;
  /// output: planes × rows × columns, contiguous unless given. Throws where extents disagree or are beyond what fits in
  /// memory, or where elements of the output share a position.
  public init(
    left: BatchedMatrixLayout, right: BatchedMatrixLayout, transposesRight: Bool = false,
    output: BatchedMatrixLayout? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let columns = transposesRight ? right.rows : right.columns
    let depth = transposesRight ? right.columns : right.rows
    let output = output ?? BatchedMatrixLayout(planes: left.planes, rows: left.rows, columns: columns)
    let name = OperatorDescriptor.batchedContraction.name
    for (operand, layout, expected) in [
      ("left", left, (left.planes, left.rows, depth)),
      ("right", right, (left.planes, right.rows, right.columns)),
      ("output", output, (left.planes, left.rows, columns)),
    ] {
      guard (layout.planes, layout.rows, layout.columns) == expected, layout.requiredCount != nil else {
        throw .invalidOperand(
          operation: name, operand: operand,
          expected: "\(expected.0) × \(expected.1) × \(expected.2) that fit in memory, with strides of 0 or more",
          actual: "\(layout.planes) × \(layout.rows) × \(layout.columns)")
      }
    }
    guard output.elementsAreApart else {
      throw .invalidOperand(
        operation: name, operand: "output", expected: "strides that keep written elements apart", actual: "\(output)")
    }
    let extents: Extents = [.planes: left.planes, .rows: left.rows, .columns: columns, .depth: depth]
    try OperatorDescriptor.batchedContraction.checkSize(extents)
    let context = try ExecutionContext.resolve(context)
    self.left = left
    self.right = right
    self.output = output
    self.extents = extents
    self.context = context
    workspace = GemmWorkspace(threadCount: context.pool.threadCount)
    product = try GemmPlan(
      GemmProblem(
        rows: left.rows, columns: columns, depth: depth, leftRowStride: left.rowStride,
        right: transposesRight ? .rows(stride: right.rowStride) : .columns(stride: right.rowStride),
        outputRowStride: output.rowStride),
      planes: left.planes, workspace: workspace, context: context)
  }

  /// output[p][r][c] = Σ_k left[p][r][k] · right[p][k][c]; zeros where depth is 0. `output` shares memory with neither.
  public func run(
    _ left: Span<Float>, _ right: Span<Float>, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try left.withBuffer { left throws(TesseraError) in
      try right.withBuffer { right throws(TesseraError) in
        try output.withMutableBuffer { output throws(TesseraError) in
          try run(left: left, right: right, output: output)
        }
      }
    }
  }

  func run(
    left a: UnsafeBufferPointer<Float>, right b: UnsafeBufferPointer<Float>,
    output c: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    try check(left: a, right: b, output: c)
    let traffic = product.run { plane in
      GemmPlan.Operands(
        left: start(a.baseAddress, left, plane), right: UnsafeRawPointer(start(b.baseAddress, right, plane)),
        output: c.baseAddress.map { $0 + output.start(ofPlane: plane) })
    }
    context.ledger?.record(.batchedContraction, extents: extents, mode: .training, traffic: traffic)
  }

  /// A plane's first element; nil of an operand without elements, whose strides may be anything.
  private func start(
    _ memory: UnsafePointer<Float>?, _ layout: BatchedMatrixLayout, _ plane: Int
  ) -> UnsafePointer<Float>? {
    layout.requiredCount! > 0 ? memory.map { $0 + layout.start(ofPlane: plane) } : nil
  }

  private func check(
    left a: UnsafeBufferPointer<Float>, right b: UnsafeBufferPointer<Float>,
    output c: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let descriptor = OperatorDescriptor.batchedContraction
    try checkVector(a.count, expected: left.requiredCount!, operation: descriptor.name, operand: "left")
    try checkVector(b.count, expected: right.requiredCount!, operation: descriptor.name, operand: "right")
    try checkVector(c.count, expected: output.requiredCount!, operation: descriptor.name, operand: "output")
    try checkOverlap(
      descriptor,
      reads: [
        PlacedMatrix("left", bytes: a.baseAddress, count: byteCount(left)),
        PlacedMatrix("right", bytes: b.baseAddress, count: byteCount(right)),
      ],
      writes: [PlacedMatrix("output", bytes: c.baseAddress, count: byteCount(output))])
  }

  private func byteCount(_ layout: BatchedMatrixLayout) -> Int { layout.requiredCount! * MemoryLayout<Float>.stride }
}
