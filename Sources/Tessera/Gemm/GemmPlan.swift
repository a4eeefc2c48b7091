import CTesseraKernels

/// A matrix product, or one of the same shape for each plane of a batch, planned: the one engine of all of them.
///
/// Each element is one chain of fused multiply-adds over k in ascending order that begins with 0, or with what output
/// holds: the same bits for every way to cut the product, to pack its operands, for every number of threads, whatever
/// other rows the call has, on AVX2 and on AVX-512. Where the problem says how deep a sum is, each such part of the
/// depth is a chain that begins with 0, and is added to what there is before: the same bits as well. Working memory is
/// the workspace's: plans that share one run one call at a time.
package struct GemmPlan {
  let problem: GemmProblem
  let blocking: GemmBlocking
  let items: GemmItems
  let packing: GemmPacking
  /// Whether finished sums go past the caches.
  let streams: Bool
  private let planes: Int
  let sizes: GemmMemory.Sizes
  let workspace: GemmWorkspace
  let context: ExecutionContext

  /// Operands of a call, from their first element on; nil where one has none.
  package struct Operands {
    var left: UnsafePointer<Float>?
    var right: UnsafeRawPointer?
    /// Of two.
    var secondRight: UnsafeRawPointer?
    var output: UnsafeMutablePointer<Float>?

    package init(
      left: UnsafePointer<Float>?, right: UnsafeRawPointer?, secondRight: UnsafeRawPointer? = nil,
      output: UnsafeMutablePointer<Float>?
    ) {
      (self.left, self.right, self.secondRight, self.output) = (left, right, secondRight, output)
    }
  }

  package init(
    _ problem: GemmProblem, planes: Int = 1, workspace: GemmWorkspace, context: ExecutionContext
  ) throws(TesseraError) {
    self.problem = problem
    self.planes = planes
    guard workspace.threadCount >= context.pool.threadCount else {
      throw .invalidOperand(
        operation: "workspace", operand: "threads", expected: "\(context.pool.threadCount) or more",
        actual: "\(workspace.threadCount)")
    }
    self.workspace = workspace
    self.context = context
    packing = GemmPacking(problem.right, depth: problem.depth, for: context.instructionSet)
    (blocking, items) = Self.cut(problem, planes: planes, panelColumns: packing.kernels.panelColumns, context)
    sizes = GemmMemory.Sizes(problem, blocking, gathersLeft: items.gathersLeft)
    let outputBytes = planes * problem.rows * problem.columns * MemoryLayout<Float>.stride
    streams = !problem.accumulates && problem.finish == .output && outputBytes > context.fastMemoryBytes
    try workspace.reserve(ofWorker: sizes.total, shared: sizes.shared)
  }

  /// How a product is cut.
  private static func cut(
    _ problem: GemmProblem, planes: Int, panelColumns: Int, _ context: ExecutionContext
  ) -> (GemmBlocking, GemmItems) {
    let caches = CacheSizes.current
    let blocking = GemmBlocking(
      problem, planes: planes, panelColumns: panelColumns, level1: caches.level1,
      // Half of C, so that what streams past leaves the working memory where it is.
      level2: max(128 << 10, min(caches.level2, context.fastMemoryBytes / 2)), capacity: context.fastMemoryBytes,
      tuning: context.products)
    return (blocking, GemmItems(problem, planes: planes, blocking: blocking, capacity: context.fastMemoryBytes))
  }

  /// So many rows of a block, and so many items, cost a product little.
  private static let leastRowsHandedOn = 128
  private static let leastItemsHandedOn = 8

  /// Whether a product that hands whole rows on is cut about as well as one that stores them: with wide rows blocks are
  /// low, and few rows are few items.
  static func handsOnRowsWell(_ problem: GemmProblem, _ context: ExecutionContext) -> Bool {
    let panelColumns = ContractionKernels.variants.best(for: context.instructionSet).panelColumns
    var (handing, storing) = (problem, problem)
    (handing.finish, storing.finish) = (.rows, .output)
    let (blocks, items) = cut(handing, planes: 1, panelColumns: panelColumns, context)
    let (_, others) = cut(storing, planes: 1, panelColumns: panelColumns, context)
    return blocks.rowsPerBlock >= min(problem.rows, leastRowsHandedOn)
      && items.count >= min(others.count, leastItemsHandedOn)
  }

  /// The register tile's kernels, and its width.
  var kernels: ContractionKernels { packing.kernels }

  /// Runs the product and returns the bytes that it moved.
  package func run(_ operands: Operands) -> Traffic { run { _ in operands } }

  /// The same for each plane.
  package func run(operandsOfPlane: (Int) -> Operands) -> Traffic { run(nil, nil, operandsOfPlane) }

  /// A product whose problem's `finish` is not the output.
  func run(_ operands: Operands, finishing epilogue: GemmEpilogue) -> Traffic { run(epilogue, nil) { _ in operands } }

  /// A product of one plane that sums its left rows as well, also where it has no columns itself.
  func run(_ operands: Operands, summing leftSums: GemmLeftSums) -> Traffic {
    guard problem.columns > 0 || problem.depth == 0 else { return sumLeft(operands, leftSums) }
    return run(nil, leftSums) { _ in operands }
  }

  private func run(
    _ epilogue: GemmEpilogue?, _ leftSums: GemmLeftSums?, _ operandsOfPlane: (Int) -> Operands
  ) -> Traffic {
    precondition((epilogue == nil) == (problem.finish == .output), "an epilogue is where sums go, or there is none")
    guard planes > 0, problem.rows > 0, problem.columns > 0 else { return Traffic() }
    workspace.beginCall()
    var traffic = Traffic()
    if blocking.packsWhole {
      traffic += packWhole(operandsOfPlane(0).right, to: workspace.shared)
      if problem.rights == 2 { traffic += packWhole(operandsOfPlane(0).secondRight, to: secondShared) }
    }
    if items.gathersLeft { traffic += gatherLeft(operandsOfPlane(0).left!) }
    let ofItems = context.pool.run(itemCount: planes * items.count, order: .neighbouring) { index, worker in
      let (plane, part) = index.quotientAndRemainder(dividingBy: items.count)
      let item = items[part]
      var operands = operandsOfPlane(plane)
      if blocking.packsWhole {
        operands.right = UnsafeRawPointer(workspace.shared)
        if problem.rights == 2 { operands.secondRight = UnsafeRawPointer(secondShared) }
      }
      let memory = GemmMemory(workspace, ofWorker: worker.index, sizes)
      // Of the items that have the same left rows, the one with the first columns.
      let sums = item.columns.lowerBound == 0 ? leftSums : nil
      GemmItemRun(self, operands, item.columns, memory, epilogue, sums, worker: worker.index).run(item.rows)
      if streams { tsr_processor_stream_fence() }
      var moved = items.traffic(
        rows: item.rows.count, columns: item.columns.count, blocking, capacity: context.fastMemoryBytes)
      if blocking.rightStays, item.rows.lowerBound > 0 {
        moved.readBytes -= problem.rightBytes(columns: item.columns.count)
      }
      if let epilogue { moved += epilogue.traffic(item.rows.count, item.columns.count) }
      worker.count(moved)
    }
    traffic += ofItems
    return traffic
  }

  /// Left rows that nothing is multiplied with.
  private func sumLeft(_ operands: Operands, _ leftSums: GemmLeftSums) -> Traffic {
    guard problem.rows > 0, let left = operands.left else { return Traffic() }
    leftSums.add(
      left, of: 0..<problem.rows, rowStride: problem.leftRowStride, depthStride: problem.leftDepthStride,
      count: problem.depth)
    return Traffic(readBytes: ElementType.float32.byteCount(ofElements: problem.rows * problem.depth))
  }

  /// Where the second right operand's panels lie, if all are packed before.
  private var secondShared: UnsafeMutablePointer<Float> { workspace.shared + problem.packedCount }

  /// Packs all of a right operand; an item is the same columns in every variant.
  private func packWhole(_ right: UnsafeRawPointer?, to shared: UnsafeMutablePointer<Float>) -> Traffic {
    guard let right, problem.depth > 0 else { return Traffic() }
    let (width, granule) = (kernels.panelColumns, GemmBlocking.columnGranule)
    let panels = (problem.columns + granule - 1) / granule
    let blocks = (problem.depth + blocking.depthPerBlock - 1) / blocking.depthPerBlock
    return context.pool.run(itemCount: panels * blocks, order: .neighbouring) { item, worker in
      let (part, block) = item.quotientAndRemainder(dividingBy: blocks)
      let columns = part * granule..<min(problem.columns, (part + 1) * granule)
      let first = block * blocking.depthPerBlock
      let depth = first..<min(problem.depth, first + blocking.depthPerBlock)
      let dequantized = GemmMemory(workspace, ofWorker: worker.index, sizes).dequantized
      for column in stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
        let panel = column..<min(columns.upperBound, column + width)
        let packed = shared + column * problem.depth + first * width
        packing.pack(panel, depth, of: right, to: packed, dequantized: dequantized)
      }
      worker.count(
        readBytes: problem.right.byteCount(columns: columns.count, depth: depth.count), writtenBytes: 0)
    }
  }
}
