import CTesseraKernels

/// One work item of a product on its way: the loops around the register tile.
///
///     for each block of rows
///       for each group of columns             sums of the group stay in the second-level cache
///         for each block of depth             left rows, gathered, in the second-level cache
///           for each panel of the group, of each right operand
///             for each slice of depth         the panel's slice in the first-level cache, while all rows pass it
///         sums to the output, or to the epilogue
///
/// Where one slice is the whole depth, all panels of a group pass the rows at once, and sums go to the output, or as
/// rows to the epilogue. So do those of few packed rows, which take one panel at a time: where it has several slices,
/// sums come round there.
struct GemmItemRun {
  private let plan: GemmPlan
  let operands: GemmPlan.Operands
  let columns: Range<Int>
  private let memory: GemmMemory
  private let epilogue: GemmEpilogue?
  private let leftSums: GemmLeftSums?
  private let worker: Int
  let width: Int

  init(
    _ plan: GemmPlan, _ operands: GemmPlan.Operands, _ columns: Range<Int>, _ memory: GemmMemory,
    _ epilogue: GemmEpilogue?, _ leftSums: GemmLeftSums?, worker: Int
  ) {
    (self.plan, self.operands, self.columns, self.memory) = (plan, operands, columns, memory)
    (self.epilogue, self.leftSums, self.worker) = (epilogue, leftSums, worker)
    width = plan.kernels.panelColumns
  }

  var problem: GemmProblem { plan.problem }
  var blocking: GemmBlocking { plan.blocking }
  /// Whether the right operand comes in panels, the caller's or the plan's.
  var isPacked: Bool { problem.right == .packed || blocking.packsWhole }

  func run(_ rows: Range<Int>) {
    for row in stride(from: rows.lowerBound, to: rows.upperBound, by: blocking.rowsPerBlock) {
      runBlock(row..<min(rows.upperBound, row + blocking.rowsPerBlock))
    }
  }

  private func runBlock(_ rows: Range<Int>) {
    for column in stride(from: columns.lowerBound, to: columns.upperBound, by: blocking.columnsPerGroup) {
      let group = column..<min(columns.upperBound, column + blocking.columnsPerGroup)
      // A depth of 0 still runs once, to write zeros.
      for first in stride(from: 0, to: max(1, problem.depth), by: blocking.depthPerBlock) {
        let depth = first..<min(problem.depth, first + blocking.depthPerBlock)
        if !blocking.leavesLeft, !plan.items.gathersLeft, !depth.isEmpty { gatherLeft(rows, depth) }
        // Groups of columns have the same left rows: the first adds them up.
        if let leftSums, column == columns.lowerBound { add(rows, depth, to: leftSums) }
        for right in 0..<problem.rights {
          for panel in stride(from: group.lowerBound, to: group.upperBound, by: blocking.columnsPerPacking) {
            let panel = panel..<min(group.upperBound, panel + blocking.columnsPerPacking)
            multiply(rows, panel, depth, of: right, in: group)
          }
        }
      }
      if let epilogue {
        finish(rows, group, epilogue)
      } else if !blocking.storesDirectly {
        store(rows, group)
      }
    }
  }

  /// Gathers a block of left rows; not where the thread has just done so.
  private func gatherLeft(_ rows: Range<Int>, _ depth: Range<Int>) {
    let left = operands.left! + rows.lowerBound * problem.leftRowStride + depth.lowerBound * problem.leftDepthStride
    guard memory.gathers(GemmMemory.GatheredLeft(start: left, rows: rows.count, depth: depth.count)) else { return }
    plan.gather(left, rows: rows.count, depth: depth.count, to: memory.left)
  }

  /// Where the kernels find left rows of the slice that begins at `first`.
  func left(_ first: Int, of depth: Range<Int>, _ rows: Range<Int>) -> UnsafePointer<Float> {
    // Without depth nothing is read, but C may not even step from a null pointer.
    guard blocking.leavesLeft, let left = operands.left, !depth.isEmpty else {
      let block = plan.items.gathersLeft ? plan.gatheredBlock(rows, depth) : memory.left
      return UnsafePointer(block + (first - depth.lowerBound) * rows.count)
    }
    return left + rows.lowerBound * problem.leftRowStride + first
  }

  /// All slices of one panel, or the one slice of several.
  private func multiply(
    _ rows: Range<Int>, _ panel: Range<Int>, _ depth: Range<Int>, of index: Int, in group: Range<Int>
  ) {
    let right = self.right(right(index), panel, depth)
    let ofIndex = memory.sums + index * rows.count * rowStride(of: group)
    let sums = ofIndex + (panel.lowerBound - group.lowerBound) / width * rows.count * width
    var block = tsr_contraction_block_f32()
    (block.rows, block.columns) = (rows.count, panel.count)
    block.left_stride = blocking.leavesLeft ? problem.leftRowStride : blocking.depthPerSlice
    (block.right_stride, block.panel_stride) = (width, depth.count * width)
    (block.resident, block.right_ahead) = (blocking.isResident, blocking.rightAhead)
    block.addend_last = problem.depthPerSum != nil
    if blocking.storesDirectly, epilogue != nil {
      (block.output, block.output_stride) = (ofIndex + panel.lowerBound - group.lowerBound, rowStride(of: group))
    } else if blocking.storesDirectly {
      (block.output, block.output_stride) = (output(rows, panel), problem.outputRowStride)
      // Sums that come round are not streamed.
      block.streaming = plan.streams && blocking.depthPerSlice >= problem.depth
    } else {
      (block.output, block.output_stride) = (sums, width)
    }
    let ahead = ahead(of: panel, depth, of: index, in: group)
    for first in stride(from: depth.lowerBound, to: max(depth.upperBound, 1), by: blocking.depthPerSlice) {
      let offset = first - depth.lowerBound
      block.depth = min(depth.upperBound - first, blocking.depthPerSlice)
      block.left = left(first, of: depth, rows)
      block.right = right + offset * width
      if first > 0 {
        (block.addend, block.addend_stride) = (UnsafePointer(block.output), block.output_stride)
      } else if problem.accumulates {
        (block.addend, block.addend_stride) = (UnsafePointer(output(rows, panel)), problem.outputRowStride)
      }
      ahead?.ask(offset, block.depth, in: &block)
      plan.kernels.block(&block)
    }
  }

  private func output(_ rows: Range<Int>, _ columns: Range<Int>) -> UnsafeMutablePointer<Float> {
    operands.output! + rows.lowerBound * problem.outputRowStride + columns.lowerBound
  }

  func right(_ index: Int) -> UnsafeRawPointer? { index == 0 ? operands.right : operands.secondRight }

  /// These panels' part of a right operand: where it lies, or packed now.
  private func right(
    _ right: UnsafeRawPointer?, _ panel: Range<Int>, _ depth: Range<Int>
  ) -> UnsafePointer<Float> {
    // Without depth nothing is read, but C may not even step from a null pointer.
    guard !depth.isEmpty, let right else { return UnsafePointer(memory.sums) }
    if isPacked {
      return right.assumingMemoryBound(to: Float.self) + panel.lowerBound * problem.depth + depth.lowerBound * width
    }
    plan.packing.pack(panel, depth, of: right, to: memory.panel, dequantized: memory.dequantized)
    return UnsafePointer(memory.panel)
  }

  /// Brings finished sums of a group of columns to the output.
  private func store(_ rows: Range<Int>, _ group: Range<Int>) {
    var call = tsr_contraction_store_f32()
    (call.rows, call.columns) = (rows.count, group.count)
    (call.sums, call.panel_stride) = (UnsafePointer(memory.sums), rows.count * width)
    (call.output, call.output_stride) = (output(rows, group), problem.outputRowStride)
    call.streaming = plan.streams
    plan.kernels.store(&call)
  }

  /// Between rows of sums that an epilogue takes: whole panels of every variant.
  private func rowStride(of group: Range<Int>) -> Int {
    GemmBlocking.evenPart(of: group.count, atMost: .max / 2, granule: GemmBlocking.columnGranule)
  }

  /// Hands finished sums of a group of columns on, some rows at a time.
  private func finish(_ rows: Range<Int>, _ group: Range<Int>, _ epilogue: GemmEpilogue) {
    let stride = rowStride(of: group)
    for first in Swift.stride(from: rows.lowerBound, to: rows.upperBound, by: blocking.rowsPerFinish) {
      let part = first..<min(rows.upperBound, first + blocking.rowsPerFinish)
      let sums = finished(0, part, of: rows, group, stride)
      let second = problem.rights == 1 ? nil : finished(1, part, of: rows, group, stride)
      epilogue.take(
        GemmFinishedBlock(rows: part, columns: group, sums: sums, second: second, rowStride: stride), worker)
    }
  }

  /// Some rows of a group's finished sums, of one right operand, in rows.
  private func finished(
    _ index: Int, _ part: Range<Int>, of rows: Range<Int>, _ group: Range<Int>, _ stride: Int
  ) -> UnsafePointer<Float> {
    let sums = UnsafePointer(memory.sums) + index * rows.count * stride
    guard !blocking.storesDirectly else { return sums + (part.lowerBound - rows.lowerBound) * stride }
    let output = memory.finished + index * part.count * stride
    var call = tsr_contraction_store_f32()
    (call.rows, call.columns) = (part.count, group.count)
    call.sums = sums + (part.lowerBound - rows.lowerBound) * width
    call.panel_stride = rows.count * width
    (call.output, call.output_stride) = (output, stride)
    plan.kernels.store(&call)
    return UnsafePointer(output)
  }
}
