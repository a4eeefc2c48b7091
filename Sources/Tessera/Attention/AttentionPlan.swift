import CTesseraKernels

/// Exact attention, computed tile by tile with an online softmax: planned variant, tiles, splits and workspace.
///
/// A plan holds its workspace, so one plan runs one call at a time. `run` takes no working memory. Results are the same
/// bits for every number of threads. The workspace takes at most 8 MiB and 1 MiB a thread, whatever the lengths.
/// Milakov and Gimelshein 2018 (online softmax); Rabe and Staats 2021; Dao and others 2022 (tiles).
public final class AttentionPlan {
  public let problem: AttentionProblem
  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { workspace.byteCount + (partials?.byteCount ?? 0) }

  let tiles: AttentionTiles
  let stages: [ScoreStage]
  /// What of the problem's scale is left to the softmax.
  let softmaxScale: Float
  /// None where it would change nothing.
  let dropout: Dropout?
  let kernels: AttentionKernels
  let products: ContractionKernels
  /// Of keys and values that are not stored as floats.
  let dequantize: tsr_f32_dequantize_kernel
  let workspace: AttentionWorkspace
  let partials: AttentionPartials?
  let residency: AttentionResidency
  /// Whether the output goes past the caches: where the call's bytes exceed them.
  let streamsOutput: Bool
  private let extents: Extents
  /// Of a call over ranges.
  let rangesDescriptor: OperatorDescriptor
  let context: ExecutionContext

  /// Throws for whatever of the problem does not fit together or in memory.
  public init(for problem: AttentionProblem, context: ExecutionContext? = nil) throws(TesseraError) {
    extents = try problem.checkedExtents()
    rangesDescriptor = .attention(keyValueType: problem.keyValueType)
    let context = try ExecutionContext.resolve(context)
    self.context = context
    self.problem = problem
    tiles = AttentionTiles(problem)
    (stages, softmaxScale) = ScoreStage.stages(of: problem)
    dropout = problem.dropout.flatMap { $0.isIdentity ? nil : $0 }
    kernels = AttentionKernels.variants.best(for: context.instructionSet)
    products = ContractionKernels.variants.best(for: context.instructionSet)
    dequantize = StoredKernels.variants.best(for: context.instructionSet).dequantize
    workspace = try AttentionWorkspace(problem, tiles, threadCount: context.pool.threadCount)
    partials = tiles.keyRanges > 1 ? try AttentionPartials(problem, tiles) : nil
    let leastBytes = OperatorDescriptor.attention.leastTraffic(extents, mode: .inference).byteCount
    streamsOutput = partials == nil && leastBytes > context.fastMemoryBytes
    residency = AttentionResidency(problem, tiles, capacity: context.fastMemoryBytes)
  }

  /// Operands lie as the problem's layouts say. `bias`, `mask` (bytes, 0 hides) and `kept` are needed where the problem
  /// has them. The output and what is kept share memory with nothing. Throws before anything is written where a span is
  /// too short, is missing, or overlaps.
  public func run(
    queries: Span<Float>, keys: Span<Float>, values: Span<Float>, bias: Span<Float>? = nil, mask: Span<UInt8>? = nil,
    output: consuming MutableSpan<Float>, keeping kept: AttentionActivations? = nil
  ) throws(TesseraError) {
    for (operand, isGiven, isExpected) in [
      ("bias", bias != nil, problem.bias != nil), ("mask", mask != nil, problem.booleanMask != nil),
      ("keeping", kept != nil, problem.writesLogSumExp),
    ] where isGiven != isExpected {
      throw .invalidOperand(
        operation: OperatorDescriptor.attention.name, operand: operand,
        expected: isExpected ? "one, which the problem has" : "none, the problem has none",
        actual: isGiven ? "one" : "none")
    }
    var output = output
    try queries.withBuffer { queries throws(TesseraError) in
      try keys.withBuffer { keys throws(TesseraError) in
        try values.withBuffer { values throws(TesseraError) in
          try withBuffer(bias) { bias throws(TesseraError) in
            try withBuffer(mask) { mask throws(TesseraError) in
              try output.withMutableBuffer { output throws(TesseraError) in
                try run(
                  queries: queries, keys: keys, values: values, bias: bias, mask: mask, output: output,
                  logSumExp: kept?.logSumExp.elements ?? UnsafeMutableBufferPointer(start: nil, count: 0))
              }
            }
          }
        }
      }
    }
  }

  func run(
    queries: UnsafeBufferPointer<Float>, keys: UnsafeBufferPointer<Float>, values: UnsafeBufferPointer<Float>,
    bias: UnsafeBufferPointer<Float>, mask: UnsafeBufferPointer<UInt8>, output: UnsafeMutableBufferPointer<Float>,
    logSumExp: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    guard problem.keyValueType == .float32 else {
      throw .invalidOperand(
        operation: OperatorDescriptor.attention.name, operand: "keys",
        expected: "ranges of a cache, as the problem's keys are \(problem.keyValueType.name)", actual: "floats")
    }
    let required = AttentionRequirements(problem)
    try required.check(
      [
        queries.count, keys.count, values.count, problem.bias == nil ? 0 : bias.count,
        problem.booleanMask == nil ? 0 : mask.count, output.count, problem.writesLogSumExp ? logSumExp.count : 0,
      ])
    try required.checkOverlap([
      UnsafeRawPointer(queries.baseAddress), UnsafeRawPointer(keys.baseAddress), UnsafeRawPointer(values.baseAddress),
      UnsafeRawPointer(bias.baseAddress), UnsafeRawPointer(mask.baseAddress), UnsafeRawPointer(output.baseAddress),
      UnsafeRawPointer(logSumExp.baseAddress),
    ])
    run(
      AttentionOperands(
        queries: queries.baseAddress,
        source: KeyValueSource(keys: keys.baseAddress, values: values.baseAddress, ranges: nil),
        bias: bias.baseAddress, mask: mask.baseAddress, output: output.baseAddress,
        logSumExp: problem.writesLogSumExp ? logSumExp.baseAddress : nil),
      .attention, extents)
  }

  /// Operands that have been checked.
  func run(_ operands: AttentionOperands, _ descriptor: OperatorDescriptor, _ extents: Extents) {
    let blocks = problem.batch * problem.keyValueHeads * tiles.blocks
    // A range of keys begins where the one before it ended, which prefetching has run into; the blocks of one plane find
    // its keys and values in the cache of the processor that read them (128 keys, 128 wide, 8 planes: 160 µs, in turns
    // 170).
    var traffic = context.pool.run(itemCount: blocks * tiles.keyRanges, order: .neighbouring) { index, worker in
      run(
        AttentionItem(index, problem, tiles, operands.source), operands, workspace.memory(ofWorker: worker.index),
        traffic: worker.traffic)
    }
    if let partials {
      traffic += context.pool.run(itemCount: blocks) { index, worker in
        merge(block: index, partials, operands, traffic: worker.traffic)
      }
    }
    context.ledger?.record(
      descriptor, extents: extents, mode: problem.writesLogSumExp ? .training : .inference, traffic: traffic)
  }
}

/// What attention's backward pass needs besides its inputs and output.
public struct AttentionActivations: Sendable {
  /// ln Σ exp of each query's visible scores, B × Hq × Lq; −inf where it sees no key.
  public let logSumExp: AlignedBuffer<Float>

  /// Throws for extents that do not fit in memory.
  public init(for problem: AttentionProblem) throws(TesseraError) {
    let extents = try problem.checkedExtents()
    logSumExp = try AlignedBuffer(
      uninitializedCount: extents[.batch] * extents[.queryHeads] * extents[.queryLength])
  }
}

/// Attention in one call: makes a plan, runs it, lets it go. See `AttentionPlan.run`; keep a plan where the problem is
/// the same again and again.
public func attention(
  _ problem: AttentionProblem, queries: Span<Float>, keys: Span<Float>, values: Span<Float>, bias: Span<Float>? = nil,
  mask: Span<UInt8>? = nil, output: consuming MutableSpan<Float>, keeping kept: AttentionActivations? = nil,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  try AttentionPlan(for: problem, context: context).run(
    queries: queries, keys: keys, values: values, bias: bias, mask: mask, output: output, keeping: kept)
}
