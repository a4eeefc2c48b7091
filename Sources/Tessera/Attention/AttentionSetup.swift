/// What a plan settles: how the problem is cut, computed and counted, and the memory for it.
struct AttentionSetup {
  let problem: AttentionProblem
  let partition: AttentionPartition
  let stages: [ScoreStage]
  /// The caller's; nil: none.
  let modifier: AttentionScoreModifier?
  /// What of the problem's scale is left to the softmax.
  let softmaxScale: Float
  let blockTable: AttentionBlockTable?
  /// None where it would change nothing.
  var dropout: Dropout?
  let products: AttentionProducts
  let workspace: AttentionWorkspace
  let partials: AttentionPartials?
  let residency: AttentionResidency
  /// Whether the output goes past the caches: where the call's bytes exceed them.
  let streamsOutput: Bool

  /// Whether the next tile of keys and values finds room in the second level beside the present one, of which each
  /// takes up to 256 KiB, and what streams past: then it is asked for.
  let asksAhead = CacheSizes.current.level2 >= 1 << 20

  var kernels: AttentionKernels { products.kernels }

  /// The problem has been checked and has these extents. `earlier`: the plan's for another problem, whose memory this
  /// one has where that suffices.
  init(
    _ problem: AttentionProblem, _ modifier: AttentionScoreModifier?, _ extents: Extents, _ context: ExecutionContext,
    reusing earlier: AttentionSetup? = nil
  ) throws(TesseraError) {
    (self.problem, self.modifier) = (problem, modifier)
    partition = AttentionPartition(problem)
    (stages, softmaxScale) = ScoreStage.stages(of: problem, modifier)
    blockTable = try problem.blockMask.map { mask throws(TesseraError) in try AttentionBlockTable(mask) }
    dropout = problem.dropout.flatMap { $0.isIdentity ? nil : $0 }
    products = AttentionProducts(problem, partition, context.instructionSet)
    workspace = try AttentionWorkspace(
      problem, partition, products, hasModifier: modifier != nil, threadCount: context.pool.threadCount,
      reusing: earlier?.workspace)
    partials = partition.keyRanges > 1 ? try AttentionPartials(partition, reusing: earlier?.partials) : nil
    let leastBytes = OperatorDescriptor.attention.leastTraffic(extents, mode: .inference).byteCount
    streamsOutput = partials == nil && leastBytes > context.fastMemoryBytes
    residency = AttentionResidency(problem, partition, capacity: context.fastMemoryBytes)
  }

  /// −inf where nothing was seen, or nothing above −inf; a sink is taken up here.
  @inline(__always)
  func keepLogSumExp(
    maximum: Float, total: Float, at place: RowPlace, _ operands: UnsafePointer<AttentionOperands>
  ) {
    guard let logSumExp = operands.pointee.logSumExp else { return }
    logSumExp[place.operandPlane * problem.queries.rows + place.operandRow] = Self.logSumExp(
      maximum: maximum, total: total, scale: softmaxScale, sink: operands.pointee.sinks?[place.head])
  }

  /// scale · maximum + ln total, and a sink beside it; nil: none.
  @inline(__always)
  static func logSumExp(maximum: Float, total: Float, scale: Float, sink: Float?) -> Float {
    let kept = maximum * scale + naturalLogarithm(total)
    guard let sink else { return kept }
    return logSumExp(kept, with: sink)
  }

  /// Where a row's output begins.
  @inline(__always)
  func output(at place: RowPlace, _ operands: UnsafePointer<AttentionOperands>) -> UnsafeMutablePointer<Float> {
    operands.pointee.output! + problem.output.start(ofPlane: place.operandPlane)
      + place.operandRow * problem.output.rowStride
  }
}
