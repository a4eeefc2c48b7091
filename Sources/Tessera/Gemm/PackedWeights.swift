/// Weights of a linear map in the order in which the engine reads them: packed once, multiplied often.
///
/// Panels of as many columns as a register tile of the context's instruction set is wide; in a panel the columns of one
/// k are neighbours. The last panel is filled up, so that the memory is that of the weights and at most 63 columns
/// more. A value of its own: later changes of the weights are not seen.
public final class PackedWeights: Sendable {
  /// Columns of the product: rows of the weights, or for the input's gradient their columns.
  public let columns: Int
  /// What the product sums over: columns of the weights, or for the input's gradient their rows.
  public let depth: Int
  /// Whether `LinearInputGradientPlan` multiplies by them, and not the map itself.
  public let isForInputGradient: Bool
  /// Memory that the panels take.
  public var byteCount: Int { panels.count * MemoryLayout<Float>.stride }

  let panelColumns: Int
  let panels: AlignedBuffer<Float>

  /// weight: a row for each column of the map's output. The backward pass wants them packed in another order than the
  /// map. Throws where the layout does not lie within the span or there is too little memory.
  public init(
    _ weight: Span<Float>, _ layout: MatrixLayout, forInputGradient: Bool = false, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    try layout.check(
      rows: layout.rows, columns: layout.columns, count: weight.count, written: false,
      operation: OperatorDescriptor.linear.name, operand: "weight")
    let context = try ExecutionContext.resolve(context)
    let (columns, depth) = forInputGradient ? (layout.columns, layout.rows) : (layout.rows, layout.columns)
    let packing = GemmPacking(
      forInputGradient ? .columns(stride: layout.rowStride) : .rows(stride: layout.rowStride), depth: depth,
      for: context.instructionSet)
    let width = packing.kernels.panelColumns
    (self.columns, self.depth, isForInputGradient, panelColumns) = (columns, depth, forInputGradient, width)
    let panelCount = (columns + width - 1) / width
    let panels = try AlignedBuffer<Float>(uninitializedCount: panelCount * width * depth)
    self.panels = panels
    guard columns > 0, depth > 0 else { return }
    try weight.withBuffer { weight throws(TesseraError) in
      context.pool.run(itemCount: panelCount, order: .neighbouring) { panel, _ in
        let columns = panel * width..<min(columns, (panel + 1) * width)
        let packed = panels.pointer + columns.lowerBound * depth
        // Vectors of the last panel that have no column.
        if columns.count < width { packed.update(repeating: 0, count: width * depth) }
        packing.pack(
          columns, 0..<depth, of: weight.baseAddress! + layout.offset, to: packed, dequantized: packed)
      }
    }
  }

  /// Throws unless packed for so many columns, such a depth, such a product and such panels.
  func check(
    columns: Int, depth: Int, forInputGradient: Bool, panelColumns: Int, operation: String, operand: String
  ) throws(TesseraError) {
    guard
      (self.columns, self.depth, isForInputGradient, self.panelColumns) == (
        columns, depth, forInputGradient, panelColumns
      )
    else {
      func words(_ columns: Int, _ depth: Int, _ forInputGradient: Bool, _ panelColumns: Int) -> String {
        "\(columns) × \(depth)\(forInputGradient ? " for the input's gradient" : "") in panels of \(panelColumns)"
      }
      throw .invalidOperand(
        operation: operation, operand: operand,
        expected: "packed weights, " + words(columns, depth, forInputGradient, panelColumns),
        actual: words(self.columns, self.depth, isForInputGradient, self.panelColumns))
    }
  }
}
