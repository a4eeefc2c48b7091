extension GemmProblem {
  /// What an item of these rows and columns moves through a fast memory of `capacity` bytes that is empty at its start.
  ///
  /// Left rows of a block in the order of the kernels, a packed panel and sums are scratch and presumed to stay, as
  /// their sizes follow from the cache's. The right operand comes round once a block of rows; the left rows of a block
  /// once a group of columns, unless all of their depth is one block.
  func traffic(rows: Int, columns: Int, _ blocking: GemmBlocking, capacity: Int) -> Traffic {
    let float = MemoryLayout<Float>.stride
    let output = rows * columns * float
    var traffic = Traffic(readBytes: accumulates ? output : 0, writtenBytes: output)
    guard depth > 0 else { return traffic }
    let rightBytes = right.byteCount(columns: columns, depth: depth)
    let blocks = (rows + blocking.rowsPerBlock - 1) / blocking.rowsPerBlock
    let blockRows = min(rows, blocking.rowsPerBlock)
    let scratch = blocking.scratchBytes(depth: depth)
    let leftOfBlock = blockRows * depth * float
    let rightStays = rightBytes + leftOfBlock + blockRows * columns * float + scratch <= capacity
    traffic.readBytes += rightBytes * (rightStays ? 1 : blocks)
    let groups =
      depth <= blocking.depthPerBlock ? 1 : (columns + blocking.columnsPerGroup - 1) / blocking.columnsPerGroup
    let groupColumns = min(columns, blocking.columnsPerGroup)
    let leftStays =
      leftOfBlock + right.byteCount(columns: groupColumns, depth: depth) + blockRows * groupColumns * float + scratch
      <= capacity
    traffic.readBytes += rows * depth * float * (leftStays ? 1 : groups)
    return traffic
  }
}

extension GemmBlocking {
  /// A thread's working memory, but for dequantised weights. In bytes.
  func scratchBytes(depth: Int) -> Int {
    let deep = min(depth, depthPerBlock)
    return (rowsPerBlock * deep + Self.columnGranule * deep + rowsPerBlock * columnsPerGroup)
      * MemoryLayout<Float>.stride
  }
}
