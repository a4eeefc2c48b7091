import CTesseraKernels

/// Left rows, gathered: copied next to each other, in blocks of `GemmBlocking.rowsPerBlock` × `depthPerBlock`, in each
/// of which a register tile reads on without gaps. An item gathers a block at a time, or all are before the items.
extension GemmPlan {
  /// Copies a block of left rows, slice by slice: the one that begins at `first` of the block's depth lies from
  /// `block` + `first` · rows on, rows × `GemmBlocking.depthPerSlice`.
  func gather(_ left: UnsafePointer<Float>, rows: Int, depth: Int, to block: UnsafeMutablePointer<Float>) {
    for first in stride(from: 0, to: depth, by: blocking.depthPerSlice) {
      var call = tsr_contraction_rows_f32()
      call.rows = rows
      call.depth = min(depth - first, blocking.depthPerSlice)
      call.left = left + first * problem.leftDepthStride
      (call.row_stride, call.depth_stride) = (problem.leftRowStride, problem.leftDepthStride)
      call.packed = block + first * rows
      call.packed_stride = blocking.depthPerSlice
      kernels.rows(&call)
    }
  }

  /// Gathers all blocks, for items to find them, and returns the bytes that moved.
  func gatherLeft(_ left: UnsafePointer<Float>) -> Traffic {
    let rowBlocks = (problem.rows + blocking.rowsPerBlock - 1) / blocking.rowsPerBlock
    let depthBlocks = (problem.depth + blocking.depthPerBlock - 1) / blocking.depthPerBlock
    return context.pool.run(itemCount: rowBlocks * depthBlocks, order: .neighbouring) { item, worker in
      let (rowBlock, depthBlock) = item.quotientAndRemainder(dividingBy: depthBlocks)
      let (row, first) = (rowBlock * blocking.rowsPerBlock, depthBlock * blocking.depthPerBlock)
      let rows = row..<min(problem.rows, row + blocking.rowsPerBlock)
      let depth = first..<min(problem.depth, first + blocking.depthPerBlock)
      gather(
        left + row * problem.leftRowStride + first * problem.leftDepthStride, rows: rows.count, depth: depth.count,
        to: gatheredBlock(rows, depth))
      worker.count(readBytes: rows.count * depth.count * MemoryLayout<Float>.stride, writtenBytes: 0)
    }
  }

  /// Where a block of those lies, which `rows` and `depth` are.
  func gatheredBlock(_ rows: Range<Int>, _ depth: Range<Int>) -> UnsafeMutablePointer<Float> {
    workspace.shared + rows.lowerBound * blocking.gatheredDepth(of: problem.depth)
      + blocking.gatheredDepth(of: depth.lowerBound) * rows.count
  }
}

extension GemmBlocking {
  /// Floats that so much depth of a gathered row takes: whole slices of each block.
  func gatheredDepth(of depth: Int) -> Int {
    let (blocks, rest) = depth.quotientAndRemainder(dividingBy: depthPerBlock)
    func wholeSlices(_ depth: Int) -> Int { (depth + depthPerSlice - 1) / depthPerSlice * depthPerSlice }
    return blocks * wholeSlices(depthPerBlock) + wholeSlices(rest)
  }
}
