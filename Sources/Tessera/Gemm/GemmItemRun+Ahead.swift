extension GemmItemRun {
  /// What to ask for while these panels of a right operand are multiplied: the operand's next, or behind a group's last
  /// the other operand's first.
  func ahead(of panel: Range<Int>, _ depth: Range<Int>, of index: Int, in group: Range<Int>) -> Ahead {
    guard problem.rights == 2, panel.upperBound == group.upperBound else {
      return Ahead(at: panel.upperBound, depth, of: right(index), self)
    }
    let next = index == 0 ? group.lowerBound : group.upperBound
    return Ahead(at: next, depth, of: right(1 - index), self)
  }

  /// What of the right operand is asked for into the second-level cache while a panel's slices are multiplied: the next
  /// panel's part where it lies without gaps, a share with each slice.
  struct Ahead {
    private var start: UnsafePointer<Float>?
    private var count = 0
    private let depth: Int

    /// `column`: where the next panel begins in that operand.
    init(at column: Int, _ depth: Range<Int>, of right: UnsafeRawPointer?, _ run: GemmItemRun) {
      self.depth = depth.count
      let problem = run.problem
      guard column < run.columns.upperBound, !depth.isEmpty, let right else { return }
      if run.isPacked {
        start =
          right.assumingMemoryBound(to: Float.self) + column * problem.depth + depth.lowerBound * run.width
        count = depth.count * run.width
        return
      }
      let isWhole = depth.count == problem.depth
      switch problem.right {
      case .rows(let stride) where isWhole && stride == problem.depth:
        start = right.assumingMemoryBound(to: Float.self) + column * stride
        count = depth.count * run.width
      case .stored(let type) where isWhole:
        let rowBytes = type.rowBytes(problem.depth)
        let line = Int(bitPattern: right + column * rowBytes) & ~63
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
