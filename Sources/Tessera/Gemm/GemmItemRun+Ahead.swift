import CTesseraKernels

extension GemmItemRun {
  /// What to ask for while these panels of a right operand are multiplied: the operand's next, or behind a group's last
  /// the other operand's first. Nothing where panels come from memory themselves, which has no time for the next.
  func ahead(of panel: Range<Int>, _ depth: Range<Int>, of index: Int, in group: Range<Int>) -> Ahead? {
    guard blocking.rightAhead == 0 else { return nil }
    guard problem.rights == 2, panel.upperBound == group.upperBound else {
      return Ahead(at: panel.upperBound, depth, of: right(index), self)
    }
    let next = index == 0 ? group.lowerBound : group.upperBound
    return Ahead(at: next, depth, of: right(1 - index), self)
  }

  /// What of the right operand is asked for into the second-level cache while a panel's slices are multiplied: the next
  /// panel's part, a share with each slice. Packing reads it from rows that the processor's own prefetching does not
  /// follow.
  struct Ahead {
    private var start: UnsafeRawPointer?
    /// Rows of the operand as it lies, bytes of each that are needed, and bytes from one to the next.
    private var (runs, runBytes, runStride) = (0, 0, 0)
    private let depth: Int

    /// `column`: where the next panel begins in that operand.
    init(at column: Int, _ depth: Range<Int>, of right: UnsafeRawPointer?, _ run: GemmItemRun) {
      self.depth = depth.count
      let problem = run.problem
      guard column < run.columns.upperBound, !depth.isEmpty, let right else { return }
      let float = MemoryLayout<Float>.stride
      let columns = min(run.width, run.columns.upperBound - column)
      if run.isPacked {
        start = right + (column * problem.depth + depth.lowerBound * run.width) * float
        (runs, runBytes, runStride) = (depth.count, run.width * float, run.width * float)
        return
      }
      switch problem.right {
      case .packed: break
      case .rows(let stride):
        start = right + (column * stride + depth.lowerBound) * float
        (runs, runBytes, runStride) = (columns, depth.count * float, stride * float)
      case .columns(let stride):
        start = right + (depth.lowerBound * stride + column) * float
        (runs, runBytes, runStride) = (depth.count, columns * float, stride * float)
      case .stored(let type):
        runStride = type.rowBytes(problem.depth)
        start = right + column * runStride + type.rowBytes(depth.lowerBound)
        (runs, runBytes) = (columns, type.rowBytes(depth.upperBound) - type.rowBytes(depth.lowerBound))
      }
    }

    /// The share of the slice of `depth` steps that begins at `offset`.
    func ask(_ offset: Int, _ depth: Int, in block: inout tsr_contraction_block_f32) {
      guard let start else { return }
      let (first, end) = (runs * offset / self.depth, runs * (offset + depth) / self.depth)
      block.next = (start + first * runStride).assumingMemoryBound(to: CChar.self)
      (block.next_runs, block.next_bytes, block.next_stride) = (end - first, runBytes, runStride)
    }
  }
}
