/// The products of some rows of a call: the logits, and in training what their gradients make.
struct LinearCrossEntropyChunk {
  let rows: Int
  let logits: GemmPlan
  /// nil where the call wants no gradients.
  let inputGradient: GemmPlan?
  let weightGradient: GemmPlan?

  /// A row's part of a large vocabulary is added up in chains of so many columns, whose error is a tenth of that of one
  /// chain over all. Bits depend on it, so that it is the same on every machine.
  private static let columnsPerSum = 128

  /// `accumulates`: the weights' gradient is added to what is there, as behind the first chunk.
  init(
    rows: Int, _ layouts: LinearCrossEntropyPlan.Layouts, _ memory: LinearCrossEntropyMemory, isPacked: Bool,
    hasGradients: Bool, accumulates: Bool, workspace: GemmWorkspace, context: ExecutionContext
  ) throws(TesseraError) {
    self.rows = rows
    let (columns, depth) = (layouts.weight.rows, layouts.weight.columns)
    let stride = layouts.weight.rowStride
    logits = try GemmPlan(
      GemmProblem(
        rows: rows, columns: columns, depth: depth, leftRowStride: memory.inputStride,
        right: isPacked ? .packed : .rows(stride: stride), outputRowStride: memory.logitsStride),
      workspace: workspace, context: context)
    guard hasGradients else {
      (inputGradient, weightGradient) = (nil, nil)
      return
    }
    inputGradient = try GemmPlan(
      GemmProblem(
        rows: rows, columns: depth, depth: columns, leftRowStride: memory.logitsStride,
        right: isPacked ? .packed : .columns(stride: stride), outputRowStride: layouts.inputGradient.rowStride,
        depthPerSum: Self.columnsPerSum),
      workspace: workspace, context: context)
    weightGradient = try GemmPlan(
      GemmProblem(
        rows: columns, columns: depth, depth: rows, leftRowStride: 1, leftDepthStride: memory.logitsStride,
        right: .columns(stride: memory.inputStride), outputRowStride: layouts.weightGradient.rowStride,
        accumulates: accumulates), workspace: workspace, context: context)
  }
}
