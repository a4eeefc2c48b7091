extension GemmItemRun {
  /// Adds up a block of left rows, which the second-level cache has.
  func add(_ rows: Range<Int>, _ depth: Range<Int>, to leftSums: GemmLeftSums) {
    for first in stride(from: depth.lowerBound, to: depth.upperBound, by: blocking.depthPerSlice) {
      leftSums.add(
        left(first, of: depth, rows), of: rows,
        rowStride: blocking.leavesLeft ? problem.leftRowStride : blocking.depthPerSlice,
        count: min(depth.upperBound - first, blocking.depthPerSlice))
    }
  }
}
