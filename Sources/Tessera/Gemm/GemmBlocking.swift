/// How a product is cut: into work items, and within an item into blocks that stay in a level of the caches.
///
/// A function of the problem and of cache sizes. Each element of the output is one chain of multiply-adds over k in
/// ascending order however the product is cut, so that results do not depend on it.
struct GemmBlocking: Hashable, Sendable {
  /// Rows of a block, which all panels of a group pass. A multiple of the register tiles' rows.
  let rowsPerBlock: Int
  /// Depth of a block: its left rows, one after the other, take half of the second-level cache.
  let depthPerBlock: Int
  /// Depth of what is multiplied at a time: a panel's slice takes two thirds of the first-level cache.
  let depthPerSlice: Int
  /// Columns whose sums stay in a quarter of the second-level cache.
  let columnsPerGroup: Int

  /// Multiples of every variant's register tile.
  private static let rowGranule = 12
  static let columnGranule = 64
  /// Whole blocks of every stored type.
  private static let depthGranule = 256
  /// Few panels share what it costs to pack them among few rows: twice as many rows a block where that happens.
  private static let rowsOfPacked = 252
  private static let rowsOfUnpacked = 504

  init(_ problem: GemmProblem, panelColumns: Int, level1: Int, level2: Int) {
    let float = MemoryLayout<Float>.stride
    let most = problem.right == .packed ? Self.rowsOfPacked : Self.rowsOfUnpacked
    rowsPerBlock = Self.evenPart(of: problem.rows, atMost: most, granule: Self.rowGranule)
    let panelDepth = level2 / 4 / (Self.columnGranule * float)
    let leftDepth = level2 / 2 / (rowsPerBlock * float)
    let depth = max(Self.depthGranule, min(panelDepth, leftDepth) / Self.depthGranule * Self.depthGranule)
    depthPerBlock = Self.evenPart(of: problem.depth, atMost: depth, granule: Self.depthGranule)
    let slice = max(16, level1 * 2 / 3 / (panelColumns * float) / 16 * 16)
    depthPerSlice = Self.evenPart(of: min(depthPerBlock, problem.depth), atMost: slice, granule: 16)
    let group = level2 / 4 / (rowsPerBlock * float) / Self.columnGranule * Self.columnGranule
    columnsPerGroup = max(Self.columnGranule, group)
  }

  /// The largest of the fewest parts of about one size that `size` can be cut into, rounded up to whole granules.
  static func evenPart(of size: Int, atMost largest: Int, granule: Int) -> Int {
    let parts = max(1, (size + largest - 1) / largest)
    return max(granule, ((size + parts - 1) / parts + granule - 1) / granule * granule)
  }
}
