extension GemmProblem {
  /// What an item of these rows and columns moves through a fast memory of `capacity` bytes that is empty at its start.
  ///
  /// Left rows of a block in the order of the kernels, packed panels and sums are scratch and presumed to stay, as
  /// their sizes follow from the cache's. The right operand comes round once a block of rows, but where all of it was
  /// packed before, or stays (the caller's to take off, of blocks behind the first); the left rows of a block once a
  /// group of columns, unless all of their depth is one block that was gathered, or all were before.
  func traffic(
    rows: Int, columns: Int, _ blocking: GemmBlocking, capacity: Int, leftIsGathered: Bool
  ) -> Traffic {
    let float = MemoryLayout<Float>.stride
    let output = rows * columns * float
    var traffic = Traffic(readBytes: accumulates ? output : 0, writtenBytes: finish == .output ? output : 0)
    guard depth > 0 else { return traffic }
    let rightBytes = rightBytes(columns: columns)
    let blocks = (rows + blocking.rowsPerBlock - 1) / blocking.rowsPerBlock
    let blockRows = min(rows, blocking.rowsPerBlock)
    let scratch = blocking.scratchBytes(of: self)
    let leftOfBlock = blockRows * depth * float
    // What streams past meanwhile: the output, or what an epilogue takes its place with.
    let passing = finish == .output ? 1 : epilogueMatrices
    let rightStays = rightBytes + leftOfBlock + blockRows * passing * columns * float + scratch <= capacity
    if !blocking.packsWhole { traffic.readBytes += rightBytes * (rightStays ? 1 : blocks) }
    guard !leftIsGathered else { return traffic }
    let groups = blocking.keepsLeft(of: self) ? 1 : (columns + blocking.columnsPerGroup - 1) / blocking.columnsPerGroup
    let groupColumns = min(columns, blocking.columnsPerGroup)
    let rightOfGroup = blocking.packsWhole ? 0 : rights * right.byteCount(columns: groupColumns, depth: depth)
    let leftStays = leftOfBlock + rightOfGroup + blockRows * passing * groupColumns * float + scratch <= capacity
    traffic.readBytes += rows * depth * float * (leftStays ? 1 : groups)
    return traffic
  }

  /// Bytes of all left rows.
  var leftBytes: Int { rows * depth * MemoryLayout<Float>.stride }

  /// Bytes of so many columns of all right operands.
  func rightBytes(columns: Int) -> Int { rights * right.byteCount(columns: columns, depth: depth) }
}

extension GemmBlocking {
  /// A thread's working memory, but for dequantised weights, and panels of the whole right operand. In bytes.
  func scratchBytes(of problem: GemmProblem) -> Int {
    let deep = min(problem.depth, depthPerBlock)
    let left = leavesLeft ? 0 : rowsPerBlock * deep
    let sums = storesDirectly && problem.finish == .output ? 0 : rowsPerBlock * problem.rights * columnsPerGroup
    // As wide as the widest variant's, so that all count alike; the caller's panels are no scratch.
    let packed = problem.right == .packed ? 0 : max(columnsPerPacking, Self.columnGranule) * deep
    let panels = packsWhole ? problem.rights * problem.packedCount : packed
    return (left + panels + sums) * MemoryLayout<Float>.stride
  }
}
