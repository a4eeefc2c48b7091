import CTesseraKernels

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
    let kernels = ContractionKernels.variants.best(for: context.instructionSet)
    (columns, depth, panelColumns) = (layout.rows, layout.columns, kernels.panelColumns)
    let panelCount = (columns + kernels.panelColumns - 1) / kernels.panelColumns
    let panels = try AlignedBuffer<Float>(uninitializedCount: panelCount * kernels.panelColumns * depth)
    self.panels = panels
    guard columns > 0, depth > 0 else { return }
    try weight.withBuffer { weight throws(TesseraError) in
      context.pool.run(itemCount: panelCount, order: .neighbouring) { panel, _ in
        let first = panel * kernels.panelColumns
        var tile = tsr_contraction_pack_f32()
        (tile.depth, tile.columns) = (layout.columns, min(kernels.panelColumns, layout.rows - first))
        tile.right = weight.baseAddress! + layout.offset + first * layout.rowStride
        (tile.depth_stride, tile.column_stride) = (1, layout.rowStride)
        tile.packed = panels.pointer + first * layout.columns
        // Vectors of the last panel that have no column.
        if tile.columns < kernels.panelColumns {
          tile.packed.update(repeating: 0, count: kernels.panelColumns * layout.columns)
        }
        kernels.pack(&tile)
      }
    }
  }
}
