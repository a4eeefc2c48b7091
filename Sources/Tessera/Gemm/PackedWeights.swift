/// Weights of a linear map in the order in which the engine reads them: packed once, multiplied often.
///
/// Panels of as many columns as a register tile of the context's instruction set is wide; in a panel the columns of one
/// k are neighbours. The last panel is filled up, so that the memory is that of the weights and at most 63 columns
/// more. A value of its own: later changes of the weights are not seen.
public final class PackedWeights: Sendable {
  /// Columns of the output: rows of the weights.
  public let columns: Int
  public let depth: Int
  /// Memory that the panels take.
  public var byteCount: Int { panels.count * MemoryLayout<Float>.stride }

  let panelColumns: Int
  let panels: AlignedBuffer<Float>

  /// weight: columns × depth, a row for each column of the output. Throws where the layout does not lie within the span
  /// or there is too little memory.
  public init(
    _ weight: Span<Float>, _ layout: MatrixLayout, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    try layout.check(
      rows: layout.rows, columns: layout.columns, count: weight.count, written: false,
      operation: OperatorDescriptor.linear.name, operand: "weight")
    let context = try ExecutionContext.resolve(context)
    let packing = GemmPacking(.rows(stride: layout.rowStride), depth: layout.columns, for: context.instructionSet)
    let width = packing.kernels.panelColumns
    (columns, depth, panelColumns) = (layout.rows, layout.columns, width)
    let panelCount = (columns + width - 1) / width
    let panels = try AlignedBuffer<Float>(uninitializedCount: panelCount * width * depth)
    self.panels = panels
    guard columns > 0, depth > 0 else { return }
    try weight.withBuffer { weight throws(TesseraError) in
      context.pool.run(itemCount: panelCount, order: .neighbouring) { panel, _ in
        let columns = panel * width..<min(layout.rows, (panel + 1) * width)
        let packed = panels.pointer + columns.lowerBound * layout.columns
        // Vectors of the last panel that have no column.
        if columns.count < width { packed.update(repeating: 0, count: width * layout.columns) }
        packing.pack(
          columns, 0..<layout.columns, of: weight.baseAddress! + layout.offset, to: packed, dequantized: packed)
      }
    }
  }

  /// Throws unless packed for so many columns, such a depth and such panels.
  func check(
    columns: Int, depth: Int, panelColumns: Int, operation: String, operand: String
  ) throws(TesseraError) {
    guard (self.columns, self.depth, self.panelColumns) == (columns, depth, panelColumns) else {
      throw .invalidOperand(
        operation: operation, operand: operand, expected: "\(columns) × \(depth), packed in panels of \(panelColumns)",
        actual: "\(self.columns) × \(self.depth) in panels of \(self.panelColumns)")
    }
  }
}
