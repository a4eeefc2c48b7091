import CTesseraKernels

/// A matrix product for each plane of a batch, planned: variant, tiles and one packed tile a thread.
///
/// A plan holds its packed tiles, so one plan runs one call at a time. `run` takes no working memory. Results do not depend
/// on tiles or threads: each element is one chain of multiply-adds over k in ascending order.
public final class BatchedContractionPlan {
  /// Packed tiles of all threads.
  public var workspaceBytes: Int { packed.byteCount }

  private let left: BatchedMatrixLayout
  private let right: BatchedMatrixLayout
  private let output: BatchedMatrixLayout
  private let transposesRight: Bool
  private let kernels: ContractionKernels
  private let tiles: ContractionTiles
  private let packed: RowScratch
  private let usesNonTemporalStores: Bool
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
    self.transposesRight = transposesRight
    self.context = context
    kernels = ContractionKernels.variants.best(for: context.instructionSet)
    tiles = ContractionTiles(planes: left.planes, rows: left.rows, columns: columns, depth: depth)
    packed = try RowScratch(columns: tiles.packedCount, threadCount: context.pool.threadCount)
    usesNonTemporalStores =
      OperatorDescriptor.batchedContraction.leastTraffic(extents, mode: .training).byteCount
      > context.fastMemoryBytes
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
    let traffic = context.pool.run(itemCount: tiles.itemCount) { index, worker in
      let (plane, rows) = tiles.item(index)
      runItem(plane: plane, rows: rows, left: a, right: b, output: c, packed: packed.row(ofWorker: worker.index))
      let moved = tiles.traffic(itemRows: rows.count, capacity: context.fastMemoryBytes)
      worker.traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
    }
    context.ledger?.record(
      .batchedContraction,
      extents: [.planes: tiles.planes, .rows: tiles.rows, .columns: tiles.columns, .depth: tiles.depth],
      mode: .training, traffic: traffic)
  }

  /// Every tile of one plane's rows: pack a tile of the right operand once, stream all of the item's rows past it.
  private func runItem(
    plane: Int, rows: Range<Int>, left a: UnsafeBufferPointer<Float>, right b: UnsafeBufferPointer<Float>,
    output c: UnsafeMutableBufferPointer<Float>, packed: UnsafeMutablePointer<Float>
  ) {
    for column in stride(from: 0, to: tiles.columns, by: tiles.columnsPerTile) {
      let columnCount = min(tiles.columnsPerTile, tiles.columns - column)
      // A depth of 0 still runs once, to write zeros.
      for k in stride(from: 0, to: max(1, tiles.depth), by: tiles.depthPerTile) {
        let depthCount = min(tiles.depthPerTile, tiles.depth - k)
        var tile = tsr_contraction_pack_f32()
        tile.depth = depthCount
        tile.columns = columnCount
        tile.depth_stride = transposesRight ? 1 : right.rowStride
        tile.column_stride = transposesRight ? right.rowStride : 1
        // Without depth nothing is read, but C may not even step from a null pointer.
        tile.right =
          depthCount == 0
          ? UnsafePointer(packed)
          : b.baseAddress! + right.start(ofPlane: plane) + k * tile.depth_stride + column * tile.column_stride
        tile.packed = packed
        kernels.pack(&tile)
        var block = tsr_contraction_block_f32()
        block.rows = rows.count
        block.columns = columnCount
        block.depth = depthCount
        block.left =
          depthCount == 0
          ? UnsafePointer(packed)
          : a.baseAddress! + left.start(ofPlane: plane) + rows.lowerBound * left.rowStride + k
        block.left_stride = left.rowStride
        block.right = UnsafePointer(packed)
        block.right_stride = kernels.panelColumns
        block.panel_stride = depthCount * kernels.panelColumns
        block.output = c.baseAddress! + output.start(ofPlane: plane) + rows.lowerBound * output.rowStride + column
        block.output_stride = output.rowStride
        block.addend = k > 0 ? UnsafePointer(block.output) : nil
        block.addend_stride = output.rowStride
        block.streaming = usesNonTemporalStores && tiles.depth <= tiles.depthPerTile
        kernels.block(&block)
      }
    }
    if usesNonTemporalStores { tsr_processor_stream_fence() }
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
        PlacedMatrix("left", bytes: a.baseAddress, count: left.requiredCount! * 4),
        PlacedMatrix("right", bytes: b.baseAddress, count: right.requiredCount! * 4),
      ],
      writes: [PlacedMatrix("output", bytes: c.baseAddress, count: output.requiredCount! * 4)])
  }
}
