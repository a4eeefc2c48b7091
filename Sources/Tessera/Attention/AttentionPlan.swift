import CTesseraKernels

/// Exact attention, computed tile by tile with an online softmax: planned variant, tiles, splits and workspace.
///
/// A plan holds its workspace, so one plan runs one call at a time. `run` takes no working memory. Results are the same
/// bits for every number of threads. The workspace takes at most 8 MiB and 1 MiB a thread, whatever the lengths, and a
/// copy of the block mask's bits where there is one.
/// Milakov and Gimelshein 2018 (online softmax); Rabe and Staats 2021; Dao and others 2022 (tiles).
public final class AttentionPlan {
  public var problem: AttentionProblem { setup.problem }
  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int {
    setup.workspace.byteCount + (setup.partials?.byteCount ?? 0) + (setup.blockTable?.byteCount ?? 0)
  }

  private var setup: AttentionSetup
  private var extents: Extents
  /// For a call over ranges.
  private var rangesDescriptor: OperatorDescriptor
  private let context: ExecutionContext

  /// With `modifier` scores are what the caller makes of them before masks and softmax see them; it takes 8 KiB a
  /// thread more at most.
  ///
  /// Throws for whatever of the problem does not fit together or in memory.
  public init(
    for problem: AttentionProblem, modifier: AttentionScoreModifier? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    extents = try problem.checkedExtents()
    rangesDescriptor = .attention(keyValueType: problem.keyValueType)
    let context = try ExecutionContext.resolve(context)
    self.context = context
    setup = try AttentionSetup(problem, modifier, extents, context)
  }

  /// Calls from now on are of another problem, with the bits of a plan that was made for it; memory that suffices
  /// serves on. Throws, and changes nothing, for a problem that does not fit together or in memory.
  func setProblem(_ changed: AttentionProblem) throws(TesseraError) {
    let changedExtents = try changed.checkedExtents()
    setup = try AttentionSetup(changed, setup.modifier, changedExtents, context, reusing: setup)
    extents = changedExtents
    rangesDescriptor = .attention(keyValueType: changed.keyValueType)
  }

  /// Draws of calls from now on; nothing where nothing is dropped.
  func setDropoutOffset(_ offset: UInt32) { setup.dropout = setup.dropout?.at(offset: offset) }

  /// Operands lie as the problem's layouts say. `bias`, `mask` (bytes, 0 hides; of the problem's `booleanMask`),
  /// `slopes` and `sinks` are given where the problem has them and only there, `kept` where it has `writesLogSumExp`.
  /// The output and what is kept share memory with nothing. Throws before anything is written where a span is too
  /// short, is missing or not wanted, or overlaps.
  public func run(
    queries: Span<Float>, keys: Span<Float>, values: Span<Float>, bias: Span<Float>? = nil, mask: Span<UInt8>? = nil,
    slopes: Span<Float>? = nil, sinks: Span<Float>? = nil, output: consuming MutableSpan<Float>,
    keeping kept: AttentionSavedTensors? = nil
  ) throws(TesseraError) {
    try run(
      queries: queries, keys: keys.bytes, values: values.bytes, ranges: nil, bias: bias, mask: mask, slopes: slopes,
      sinks: sinks, output: output, keeping: kept)
  }

  /// The same of keys and values where the problem's layouts say, or in ranges of memory.
  func run(
    queries: Span<Float>, keys: RawSpan, values: RawSpan, ranges: KeyValueRanges?, bias: Span<Float>?,
    mask: Span<UInt8>?, slopes: Span<Float>?, sinks: Span<Float>?, output: consuming MutableSpan<Float>,
    keeping kept: AttentionSavedTensors?
  ) throws(TesseraError) {
    try problem.checkGiven(
      bias: bias != nil, mask: mask != nil, slopes: slopes != nil, sinks: sinks != nil, keeping: kept != nil,
      operation: OperatorDescriptor.attention.name)
    var output = output
    try queries.withBuffer { queries throws(TesseraError) in
      try keys.withUnsafeBytes { keys throws(TesseraError) in
        try values.withUnsafeBytes { values throws(TesseraError) in
          try withBuffer(bias) { bias throws(TesseraError) in
            try withBuffer(mask) { mask throws(TesseraError) in
              try withBuffer(slopes) { slopes throws(TesseraError) in
                try withBuffer(sinks) { sinks throws(TesseraError) in
                  try output.withMutableBuffer { output throws(TesseraError) in
                    try attend(
                      to: AttentionBuffers(
                        queries: queries, keys: keys, values: values, ranges: ranges, bias: bias, mask: mask,
                        slopes: slopes, sinks: sinks, output: output,
                        logSumExp: kept?.logSumExp.elements ?? UnsafeMutableBufferPointer(start: nil, count: 0)))
                  }
                }
              }
            }
          }
        }
      }
    }
    kept?.draws.note(setup.dropout)
  }

  /// The same of buffers, of which those are empty that the problem does not have.
  func attend(to buffers: AttentionBuffers) throws(TesseraError) {
    if let ranges = buffers.ranges {
      try check(ranges, keys: buffers.keys, values: buffers.values)
    } else if problem.keyValueType != .float32 {
      throw .invalidOperand(
        operation: OperatorDescriptor.attention.name, operand: "keys",
        expected: "ranges of a cache, as the problem's keys are \(problem.keyValueType.name)", actual: "floats")
    }
    try AttentionRequirements(problem, hasRanges: buffers.ranges != nil).check(buffers, of: problem)
    let operands = AttentionOperands(
      queries: buffers.queries.baseAddress,
      source: KeyValueSource(
        problem, keys: buffers.keys.baseAddress, values: buffers.values.baseAddress, ranges: buffers.ranges),
      scores: ScoreStage.Operands(
        bias: buffers.bias.baseAddress, mask: buffers.mask.baseAddress,
        slopes: problem.slopes == nil ? nil : buffers.slopes.baseAddress),
      sinks: problem.hasSinks ? buffers.sinks.baseAddress : nil, output: buffers.output.baseAddress,
      logSumExp: problem.writesLogSumExp ? buffers.logSumExp.baseAddress : nil)
    if let ranges = buffers.ranges {
      attend(to: operands, rangesDescriptor, problem.extents(over: ranges))
    } else {
      attend(to: operands, .attention, extents)
    }
  }

  /// Operands that have been checked.
  private func attend(to operands: AttentionOperands, _ descriptor: OperatorDescriptor, _ extents: Extents) {
    // Items see both by address: copies, and references that they counted, would cost each of them.
    let traffic = withUnsafePointer(to: setup) { setup in
      withUnsafePointer(to: operands) { operands in attend(setup, operands) }
    }
    context.ledger?.record(
      descriptor, extents: extents, mode: problem.writesLogSumExp ? .training : .inference, traffic: traffic)
  }

  private func attend(
    _ setup: UnsafePointer<AttentionSetup>, _ operands: UnsafePointer<AttentionOperands>
  ) -> Traffic {
    let (problem, partition) = (setup.pointee.problem, setup.pointee.partition)
    let blocks = partition.blockCount
    // A range of keys begins where the one before it ended, which prefetching has run into; the blocks of one plane
    // find its keys and values in the cache of the processor that read them.
    var traffic = context.pool.run(itemCount: partition.itemCount, order: .neighbouring) { index, worker in
      let moved = partition.tiles(ofItem: index).attend(
        index, setup, operands, setup.pointee.workspace.memory(ofWorker: worker.index))
      worker.count(moved)
    }
    if partition.keyRanges > 1 {
      traffic += context.pool.run(itemCount: blocks) { index, worker in
        let moved = setup.pointee.merge(block: index, operands)
        worker.count(moved)
      }
    }
    guard problem.hasPadding else { return traffic }
    traffic += context.pool.run(itemCount: problem.batch * problem.queryHeads) { plane, worker in
      let moved = setup.pointee.clearPadding(ofPlane: plane, operands)
      worker.count(moved)
    }
    return traffic
  }
}

/// What attention's backward pass needs besides its inputs and output.
public struct AttentionSavedTensors: Sendable {
  /// ln Σ exp of each query's visible scores, B × Hq × Lq or, packed, Hq × T; −inf where it sees no key.
  public let logSumExp: AlignedBuffer<Float>
  let draws = KeptDraws()

  /// Memory that holds nothing yet: a forward call of a problem with `writesLogSumExp` writes it, or `setLogSumExp`.
  /// Throws for a problem that does not fit together or in memory.
  public init(for problem: AttentionProblem) throws(TesseraError) {
    try problem.check()
    logSumExp = try AlignedBuffer(uninitializedCount: problem.logSumExpCount)
  }
}

/// Attention in one call: makes a plan, runs it, lets it go. See `AttentionPlan.run`; keep a plan where the problem is
/// the same again and again.
public func attention(
  _ problem: AttentionProblem, modifier: AttentionScoreModifier? = nil, queries: Span<Float>, keys: Span<Float>,
  values: Span<Float>, bias: Span<Float>? = nil, mask: Span<UInt8>? = nil, slopes: Span<Float>? = nil,
  sinks: Span<Float>? = nil,
  output: consuming MutableSpan<Float>, keeping kept: AttentionSavedTensors? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  try AttentionPlan(for: problem, modifier: modifier, context: context).run(
    queries: queries, keys: keys, values: values, bias: bias, mask: mask, slopes: slopes, sinks: sinks,
    output: output, keeping: kept)
}
