/// How a product is cut: into work items, and within an item into blocks that stay in a level of the caches.
///
/// A function of the problem and of cache sizes. Each element of the output is one chain of multiply-adds over k in
/// ascending order however the product is cut, or as many as the problem says, so that results do not depend on it.
package struct GemmBlocking: Hashable, Sendable {
  /// Rows of a block, which all panels of a group pass.
  let rowsPerBlock: Int
  /// Depth of a block: its left rows, one after the other, take at most half of the second-level cache if that is all
  /// of the depth, and else a quarter, or what a granule takes.
  let depthPerBlock: Int
  /// Depth of what is multiplied at a time: a panel's slice takes two thirds of the first-level cache, or what few
  /// packed rows share, unless it is all of the depth, or the problem says how deep a sum is: then that is a slice.
  let depthPerSlice: Int
  /// Columns whose sums, of all right operands, stay in a quarter of the second-level cache; in half of it or a
  /// mebibyte where the depth is more than a block, if C has room for what passes meanwhile; where sums are stored
  /// directly, columns whose panels stay in an eighth; all columns where whole rows are handed on.
  let columnsPerGroup: Int
  /// Columns that are packed at a time, if they are: a panel, or a group.
  let columnsPerPacking: Int
  /// Whether all of the right operand is packed before the product begins, for several blocks of rows to pass it.
  let packsWhole: Bool
  /// Whether a second block of rows, which packs for itself, finds the right operand in C.
  let rightStays: Bool
  /// Whether the kernels read left rows where they lie.
  let leavesLeft: Bool
  /// Whether a panel's slice is read from the first-level cache by nearly all rows that pass it, so that nothing of it
  /// is asked for ahead. Where sums are stored directly it comes from further away.
  let isResident: Bool
  /// Floats of panels that are asked for ahead of their use; 0: what suits the second-level cache.
  let rightAhead: Int
  /// Whether sums go from registers to where rows are wanted: one slice is the whole depth, if that is short or columns
  /// are few, or rows of packed weights are so few that their sums may come round there.
  let storesDirectly: Bool
  /// Rows that an epilogue takes at a time, in a third of the first-level cache.
  let rowsPerFinish: Int

  /// Whole register tiles of every variant.
  private static let rowGranule = 12
  /// A multiple of every variant's register tile.
  static let columnGranule = 64
  /// Whole blocks of every stored type.
  static let depthGranule = 256
  /// Panels that each block packs anew pass twice as many rows, which share what it costs.
  private static let rowsOfPacked = 256
  private static let rowsOfUnpacked = 512
  /// So many rows share what it costs to write panels to memory.
  private static let manyRows = 2048
  /// So many blocks pack each their own.
  private static let mostBlocksInParts = 2
  /// For so few columns it does not pay to gather left rows: panels of all of the depth come from the second-level
  /// cache.
  private static let fewColumns = 128
  /// Packed weights of so few rows come from memory, asked for further ahead.
  private static let fewRows = 16
  private static let aheadOfMemory = 2048
  /// Rows of the C variants' register tile: further ones find a slice of so many bytes of a panel, which the first ones
  /// brought from memory, in the first-level cache.
  private static let rowsOfTile = 6
  private static let bytesOfSharedSlice = 16 << 10
  /// Sums come round once a block of depth, and may come from the third-level cache: left rows, which each group
  /// gathers anew, cost more.
  private static let bytesOfSums = 1 << 20
  /// As deep as a head: a panel is soon done with all rows, and output is written in longer runs across panels.
  private static let shortDepth = 128

  /// `level2` and `capacity` are what a thread may take of the second-level cache and C of the byte model. What moves
  /// does not depend on `panelColumns` and `level1`.
  package init(
    _ problem: GemmProblem, planes: Int, panelColumns: Int, level1: Int, level2: Int, capacity: Int,
    tuning: ProductTuning = ProductTuning()
  ) {
    let float = MemoryLayout<Float>.stride
    let leftIsRows = problem.leftDepthStride == 1
    // A panel of all of the depth, as wide as the widest.
    let panelBytes = problem.depth * Self.columnGranule * float
    // A slice is one chain, and all of the depth is one only where the problem lets it.
    let isOneSum = problem.depth <= problem.depthPerSum ?? .max
    let hasFewColumns = isOneSum && leftIsRows && problem.columns <= Self.fewColumns && panelBytes <= level2 / 4
    let hasFewRows =
      isOneSum && leftIsRows && problem.right == .packed && problem.rows <= Self.fewRows && panelBytes <= level2 / 2
    storesDirectly = hasFewRows || hasFewColumns || isOneSum && problem.depth <= Self.shortDepth
    leavesLeft = leftIsRows && storesDirectly
    // Many rows pass panels that C does not keep as fast: each is asked for ahead.
    let packedBytes = problem.rights * problem.packedCount * float
    let hasRoom = problem.rows >= Self.manyRows ? packedBytes / 2 <= capacity : packedBytes + level2 <= capacity / 4 * 3
    let canPackWhole =
      tuning.packsWhole ?? true && planes == 1 && problem.right != .packed && problem.rows > Self.rowsOfPacked
      && hasRoom
    // No more rows than leave room for a granule of their depth.
    let mostTuned = max(Self.rowGranule, level2 / 2 / (Self.depthGranule * float))
    let most =
      tuning.rowsPerBlock.map { min(mostTuned, max(Self.rowGranule, $0)) }
      ?? (canPackWhole || problem.right == .packed ? Self.rowsOfPacked : Self.rowsOfUnpacked)
    let mostSums = max(level2 / 2, Self.bytesOfSums)
    let paddedColumns = max(1, (problem.columns + Self.columnGranule - 1) / Self.columnGranule) * Self.columnGranule
    let rowsOfSums =
      problem.finish == .rows ? max(4, min(mostSums, capacity / 4) / max(1, paddedColumns * float)) : most
    // Powers of two come out even, also where they are not whole register tiles.
    rowsPerBlock = min(
      most, rowsOfSums,
      Self.evenPart(
        of: problem.rows, atMost: min(most, rowsOfSums, GemmItems.mostRowsPerBlock(problem, planes: planes)),
        granule: Self.rowGranule))
    // Two blocks may as well pack floats twice, of which the next are then asked for: panels of all take C.
    let mostInParts = problem.right.isStored ? 1 : Self.mostBlocksInParts
    packsWhole = canPackWhole && (tuning.packsWhole ?? (problem.rows > mostInParts * rowsPerBlock))
    rightStays = canPackWhole && !packsWhole && problem.rows > rowsPerBlock
    let rowBytes = rowsPerBlock * float
    // What of a panel stays in a quarter of the second-level cache.
    let panelDepth = level2 / 4 / (Self.columnGranule * float)
    let mostLeft = level2 / (problem.finish == .rows ? 4 : 2)
    let keepsLeft =
      problem.depth <= Self.depthGranule || problem.depth <= panelDepth && problem.depth * rowBytes <= mostLeft
    let slice = max(16, level1 * 2 / 3 / (panelColumns * float) / 16 * 16)
    var group: Int
    if storesDirectly {
      depthPerBlock = max(1, problem.depth)
      // A slice is a chain of its own where the problem says how deep those are: then all of the depth is one slice.
      let isShared = hasFewRows && problem.depthPerSum == nil && min(problem.rows, rowsPerBlock) > Self.rowsOfTile
      let shared = max(16, Self.bytesOfSharedSlice / (panelColumns * float))
      depthPerSlice = Self.evenPart(of: problem.depth, atMost: isShared ? shared : depthPerBlock, granule: 16)
      // Of a very short depth sums would else be many.
      group = level2 / 8 / (max(16, depthPerBlock) * float)
    } else {
      let part = max(Self.depthGranule, min(panelDepth, level2 / 4 / rowBytes) / Self.depthGranule * Self.depthGranule)
      depthPerBlock = Self.evenPart(
        of: problem.depth, atMost: keepsLeft ? problem.depth : part, granule: Self.depthGranule)
      let deep = min(depthPerBlock, problem.depth)
      depthPerSlice = problem.depthPerSum ?? Self.evenPart(of: deep, atMost: slice, granule: 16)
      if keepsLeft {
        group = min(level2 / 4, level2 / 4 * 3 - deep * rowBytes) / rowBytes
      } else {
        group = mostSums / rowBytes
        // Sums come round once a block of depth, after its left rows, where they lie and gathered, and its part of the
        // right operand: all of that stays in C.
        let others = (2 * rowsPerBlock + Self.columnGranule) * depthPerBlock * float
        group = min(group, (capacity / 4 * 3 - others) / ((rowsPerBlock + depthPerBlock) * float))
      }
    }
    // Sums may be deeper than the first-level cache would have slices.
    isResident = !storesDirectly && depthPerSlice <= slice
    // Two products' sums share the room of one's.
    group /= problem.rights
    group = max(Self.columnGranule, group / Self.columnGranule * Self.columnGranule)
    columnsPerGroup = problem.finish == .rows ? paddedColumns : group
    rowsPerFinish = max(
      1, min(rowsPerBlock, level1 / 3 / (problem.rights * min(columnsPerGroup, max(1, paddedColumns)) * float)))
    columnsPerPacking = storesDirectly && !hasFewRows ? group : panelColumns
    rightAhead = hasFewRows ? Self.aheadOfMemory : 0
  }

  /// Whether a thread's next item of the same rows finds them gathered.
  func keepsLeft(of problem: GemmProblem) -> Bool { !leavesLeft && problem.depth <= depthPerBlock }

  /// The largest of the fewest parts of about one size that `size` can be cut into, rounded up to whole granules.
  static func evenPart(of size: Int, atMost largest: Int, granule: Int) -> Int {
    let parts = max(1, (size + largest - 1) / largest)
    return max(granule, ((size + parts - 1) / parts + granule - 1) / granule * granule)
  }
}
