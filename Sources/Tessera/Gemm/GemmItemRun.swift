import CTesseraKernels

/// One work item of a product on its way: the loops around the register tile.
///
///     for each block of rows
///       for each group of columns             sums of the group stay in the second-level cache
///         for each block of depth             left rows, one after the other, in the second-level cache
///           for each panel of the group
///             for each slice of depth         the panel's slice in the first-level cache, while all rows pass it
///         sums to the output
struct GemmItemRun {
  private let plan: GemmPlan
  private let operands: GemmPlan.Operands
  private let columns: Range<Int>
  private let memory: GemmMemory
  private let width: Int

  init(_ plan: GemmPlan, _ operands: GemmPlan.Operands, _ columns: Range<Int>, _ memory: GemmMemory) {
    (self.plan, self.operands, self.columns, self.memory) = (plan, operands, columns, memory)
    width = plan.kernels.panelColumns
  }

  private var problem: GemmProblem { plan.problem }
  private var blocking: GemmBlocking { plan.blocking }

  func run(_ rows: Range<Int>) {
    for row in stride(from: rows.lowerBound, to: rows.upperBound, by: blocking.rowsPerBlock) {
      runBlock(row..<min(rows.upperBound, row + blocking.rowsPerBlock))
    }
  }

  private func runBlock(_ rows: Range<Int>) {
    let isOneDepth = problem.depth <= blocking.depthPerBlock
    for column in stride(from: columns.lowerBound, to: columns.upperBound, by: blocking.columnsPerGroup) {
      let group = column..<min(columns.upperBound, column + blocking.columnsPerGroup)
      // A depth of 0 still runs once, to write zeros.
      for first in stride(from: 0, to: max(1, problem.depth), by: blocking.depthPerBlock) {
        let depth = first..<min(problem.depth, first + blocking.depthPerBlock)
        if !isOneDepth || column == columns.lowerBound { arrangeLeft(rows, depth) }
        for panel in stride(from: group.lowerBound, to: group.upperBound, by: width) {
          multiply(rows, panel..<min(group.upperBound, panel + width), depth, in: group)
        }
      }
      if !plan.storesDirectly { store(rows, group) }
    }
  }

  /// Copies a block of left rows, slice by slice, so that a register tile reads on without gaps.
  private func arrangeLeft(_ rows: Range<Int>, _ depth: Range<Int>) {
    for first in stride(from: depth.lowerBound, to: depth.upperBound, by: blocking.depthPerSlice) {
      var call = tsr_contraction_rows_f32()
      call.rows = rows.count
      call.depth = min(depth.upperBound - first, blocking.depthPerSlice)
      call.left = operands.left! + rows.lowerBound * problem.leftRowStride + first * problem.leftDepthStride
      (call.row_stride, call.depth_stride) = (problem.leftRowStride, problem.leftDepthStride)
      call.packed = left(ofSliceAt: first - depth.lowerBound, rows)
      call.packed_stride = blocking.depthPerSlice
      plan.kernels.rows(&call)
    }
  }

  private func left(ofSliceAt offset: Int, _ rows: Range<Int>) -> UnsafeMutablePointer<Float> {
    memory.left + offset / blocking.depthPerSlice * rows.count * blocking.depthPerSlice
  }

  /// All slices of one panel.
  private func multiply(_ rows: Range<Int>, _ panel: Range<Int>, _ depth: Range<Int>, in group: Range<Int>) {
    let right = self.right(panel, depth)
    let sums = memory.sums + (panel.lowerBound - group.lowerBound) / width * rows.count * width
    var block = tsr_contraction_block_f32()
    (block.rows, block.columns) = (rows.count, panel.count)
    (block.left_stride, block.right_stride, block.panel_stride) = (blocking.depthPerSlice, width, width)
    block.resident = true
    if plan.storesDirectly {
      block.output = output(rows, panel)
      block.output_stride = problem.outputRowStride
    } else {
      (block.output, block.output_stride) = (sums, width)
    }
    let ahead = Ahead(after: panel, depth, of: self)
    for first in stride(from: depth.lowerBound, to: max(depth.upperBound, 1), by: blocking.depthPerSlice) {
      let offset = first - depth.lowerBound
      block.depth = min(depth.upperBound - first, blocking.depthPerSlice)
      block.left = UnsafePointer(left(ofSliceAt: offset, rows))
      block.right = right + offset * width
      if first > 0 {
        (block.addend, block.addend_stride) = (UnsafePointer(sums), width)
      } else if problem.accumulates {
        (block.addend, block.addend_stride) = (UnsafePointer(output(rows, panel)), problem.outputRowStride)
      }
      (block.next, block.next_count) = ahead.share(offset, block.depth)
      plan.kernels.block(&block)
    }
  }

  private func output(_ rows: Range<Int>, _ columns: Range<Int>) -> UnsafeMutablePointer<Float> {
    operands.output! + rows.lowerBound * problem.outputRowStride + columns.lowerBound
  }

  /// The panel's part of the right operand: where it lies, or packed now.
  private func right(_ panel: Range<Int>, _ depth: Range<Int>) -> UnsafePointer<Float> {
    // Without depth nothing is read, but C may not even step from a null pointer.
    guard !depth.isEmpty, let right = operands.right else { return UnsafePointer(memory.sums) }
    let floats = right.assumingMemoryBound(to: Float.self)
    var tile = tsr_contraction_pack_f32()
    (tile.depth, tile.columns, tile.packed) = (depth.count, panel.count, memory.panel)
    switch problem.right {
    case .packed:
      return floats + panel.lowerBound * problem.depth + depth.lowerBound * width
    case .rows(let stride):
      tile.right = floats + panel.lowerBound * stride + depth.lowerBound
      (tile.depth_stride, tile.column_stride) = (1, stride)
    case .columns(let stride):
      tile.right = floats + depth.lowerBound * stride + panel.lowerBound
      (tile.depth_stride, tile.column_stride) = (stride, 1)
    case .stored(let type):
      dequantize(type, panel, depth, right)
      tile.right = UnsafePointer(memory.dequantized)
      (tile.depth_stride, tile.column_stride) = (1, depth.count)
    }
    plan.kernels.pack(&tile)
    return UnsafePointer(memory.panel)
  }

  private func dequantize(_ type: ElementType, _ panel: Range<Int>, _ depth: Range<Int>, _ right: UnsafeRawPointer) {
    let rowBytes = type.rowBytes(problem.depth)
    if depth.count == problem.depth {
      plan.dequantize(
        type, panel.count * depth.count, from: right + panel.lowerBound * rowBytes, to: memory.dequantized)
      return
    }
    for (index, column) in panel.enumerated() {
      plan.dequantize(
        type, depth.count, from: right + column * rowBytes + type.rowBytes(depth.lowerBound),
        to: memory.dequantized + index * depth.count)
    }
  }

  /// Finished sums of a group of columns.
  private func store(_ rows: Range<Int>, _ group: Range<Int>) {
    var call = tsr_contraction_store_f32()
    (call.rows, call.columns) = (rows.count, group.count)
    (call.sums, call.panel_stride) = (UnsafePointer(memory.sums), rows.count * width)
    (call.output, call.output_stride) = (output(rows, group), problem.outputRowStride)
    call.streaming = plan.streams
    plan.kernels.store(&call)
  }

  /// What of the right operand is asked for into the second-level cache while a panel's slices are multiplied: the next
  /// panel's part where it lies without gaps, a share with each slice.
  private struct Ahead {
    private var start: UnsafePointer<Float>?
    private var count = 0
    private let depth: Int

    init(after panel: Range<Int>, _ depth: Range<Int>, of run: GemmItemRun) {
      self.depth = depth.count
      let problem = run.problem
      guard panel.upperBound < run.columns.upperBound, !depth.isEmpty, let right = run.operands.right else { return }
      let isWhole = depth.count == problem.depth
      switch problem.right {
      case .packed:
        start =
          right.assumingMemoryBound(to: Float.self) + panel.upperBound * problem.depth + depth.lowerBound * run.width
        count = depth.count * run.width
      case .rows(let stride) where isWhole && stride == problem.depth:
        start = right.assumingMemoryBound(to: Float.self) + panel.upperBound * stride
        count = depth.count * run.width
      case .stored(let type) where isWhole:
        let rowBytes = type.rowBytes(problem.depth)
        let line = Int(bitPattern: right + panel.upperBound * rowBytes) & ~63
        start = UnsafePointer(bitPattern: line)
        count = rowBytes * run.width / MemoryLayout<Float>.stride
      default: break
      }
    }

    func share(_ offset: Int, _ depth: Int) -> (UnsafePointer<Float>?, Int) {
      guard let start else { return (nil, 0) }
      let (first, end) = (count * offset / self.depth / 16 * 16, count * (offset + depth) / self.depth)
      return (start + first, end - first)
    }
  }
}
