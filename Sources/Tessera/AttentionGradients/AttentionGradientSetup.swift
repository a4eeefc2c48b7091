/// What a plan of the backward pass settles: how the problem is cut and computed, and the memory for it.
struct AttentionGradientSetup {
  let problem: AttentionProblem
  let partition: AttentionGradientPartition
  let sizes: Sizes
  /// Scale, softcap, bias, slopes and modifier; the mask is applied with the exponential, but after a modifier here.
  let stages: [ScoreStage]
  /// The caller's, which has a derivative or only hides; nil: none.
  let modifier: AttentionScoreModifier?
  /// What of the problem's scale is left to the exponential.
  let exponentScale: Float
  let blockTable: AttentionBlockTable?
  /// None where it would change nothing.
  var dropout: Dropout?
  let kernels: AttentionKernels
  let gradientKernels: AttentionGradientKernels
  let contraction: ContractionKernels
  let workspace: AttentionGradientWorkspace
  let parts: AttentionGradientParts
  /// Items in the order in which they are handed out to add to the bias's gradient, and which of them have run; none
  /// where nobody wants it.
  let biasTurns: [AttentionBiasOrder.Turn]
  let finished: FinishedItems
  let scoreOperands: [AttentionScoreOperand]
  let capacity: Int
  /// What of the right operand of a product may stay in the first-level cache while rows pass.
  let residentBytes = CacheSizes.current.level1 * 2 / 3

  /// Extents that memory and products share.
  struct Sizes: Hashable, Sendable {
    let headDimension: Int
    let valueDimension: Int
    let keysPerTile: Int
    /// Whether keys are packed for the product that makes queries' gradients. Those without gaps, of whole vectors of
    /// every variant, are multiplied where they lie, unless they are so wide that a panel would be every other line.
    let packsKeyRows: Bool
    /// Whether the softmax's gradients are kept for a moment, for those of bias or slopes.
    let keepsSoftmaxGradients: Bool

    /// Floats between neighbouring rows of scores: a line more than a tile's keys, so that rows do not fall into the
    /// same sets of the first-level cache, and products may read to the end of a vector.
    var keysStride: Int { keysPerTile + 16 }

    init(_ problem: AttentionProblem, _ partition: AttentionGradientPartition) {
      headDimension = problem.headDimension
      valueDimension = problem.valueDimension
      keysPerTile = partition.keysPerTile
      packsKeyRows =
        problem.keys.rowStride != headDimension || headDimension % 16 != 0
        || headDimension > GemmBlocking.columnGranule
      keepsSoftmaxGradients = problem.gradients.bias != nil || problem.slopes != nil
    }
  }

  /// The problem has been checked. `earlier`: the plan's for another problem, whose memory this one has where that
  /// suffices.
  init(
    _ problem: AttentionProblem, _ modifier: AttentionScoreModifier?, _ context: ExecutionContext,
    reusing earlier: AttentionGradientSetup? = nil
  ) throws(TesseraError) {
    (self.problem, self.modifier) = (problem, modifier)
    let partition = AttentionGradientPartition(problem)
    self.partition = partition
    sizes = Sizes(problem, partition)
    let (stages, exponentScale) = ScoreStage.stages(of: problem, modifier)
    self.stages = stages.filter { if case .mask = $0 { modifier != nil } else { true } }
    self.exponentScale = exponentScale
    blockTable = try problem.blockMask.map { mask throws(TesseraError) in try AttentionBlockTable(mask) }
    dropout = problem.dropout.flatMap { $0.isIdentity ? nil : $0 }
    kernels = AttentionKernels.variants.best(for: context.instructionSet)
    gradientKernels = AttentionGradientKernels.variants.best(for: context.instructionSet)
    contraction = ContractionKernels.variants.best(for: context.instructionSet)
    workspace = try AttentionGradientWorkspace(
      sizes, hasModifier: modifier != nil, threadCount: context.pool.threadCount,
      reusing: earlier?.workspace)
    parts = try AttentionGradientParts(problem, partition, reusing: earlier?.parts)
    biasTurns = partition.biasTurns(threadCount: context.pool.threadCount)
    finished = FinishedItems(count: biasTurns.isEmpty ? 0 : partition.itemCount)
    scoreOperands = AttentionScoreOperand.all(of: problem)
    capacity = context.fastMemoryBytes
  }

  var itemCount: Int { partition.itemCount }

  /// Memory that the plan holds beyond the operands: what items work in and leave, the block mask's bits, and where
  /// heads add to a bias's gradient their order, the turns, each with those that it waits for, and the marks. Tables of
  /// where the items of sequences begin are left out, as in all plans.
  var byteCount: Int {
    let turns = biasTurns.reduce(biasTurns.byteCount) { $0 + $1.earlier.byteCount }
    return workspace.byteCount + parts.byteCount + (blockTable?.byteCount ?? 0)
      + (partition.biasOrder?.byteCount ?? 0) + turns + finished.byteCount
  }
}
