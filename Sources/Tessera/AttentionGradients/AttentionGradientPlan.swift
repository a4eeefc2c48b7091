/// The gradients of attention by queries, keys and values, computed tile by tile: planned variant, tiles, splits and
/// workspace.
///
/// With P = exp(scores − log-sum-exp), Z what dropout multiplies by, and the problem's layouts:
///
///     values-gradient[j] = Σ_i P[i][j] · Z[i][j] · output-gradient[i]
///     S[i][j] = P[i][j] · (Z[i][j] · output-gradient[i] · values[j] − output-gradient[i] · output[i])
///     queries-gradient[i] = scale · Σ_j S[i][j] · keys[j],  keys-gradient[j] = scale · Σ_i S[i][j] · queries[i]
///     bias-gradient[i][j] = S[i][j],  slopes-gradient[h] = −Σ_i Σ_j S[i][j] · |i′ − j|
///     sinks-gradient[h] = −Σ_i exp(sinks[h] − log-sum-exp[i]) · (output-gradient[i] · output[i])
///
/// S times the derivative of a caller's modifier in all of them, and that times the softcap's in the gradients of
/// queries and keys, where there are any. The bias's gradient is summed over what its layout broadcasts. Queries that
/// see no key take part in nothing and have gradients of 0; so have keys and values that no query sees, and pairs that
/// are hidden.
///
/// A plan holds its workspace, so one plan runs one call at a time. `run` takes no working memory. Results are the same
/// bits for every number of threads. The workspace grows with the queries: a float for each, and where a head's keys
/// are split, which they are where heads are fewer than 32, up to 16 copies of the queries' gradients. Where the bias's
/// gradient is summed over sequences or heads, those that add to the same elements count as one here: the others wait
/// for their turn, and where they are as many as ranges of keys, these do so too instead of having copies. Dao and
/// others 2022 (probabilities computed again, tile by tile).
public final class AttentionGradientPlan {
  public var problem: AttentionProblem { setup.problem }
  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { setup.byteCount }

  private var setup: AttentionGradientSetup
  private var extents: Extents
  let context: ExecutionContext

  /// `modifier` is forward's. Throws for whatever of the problem does not fit together or in memory, and for a modifier
  /// that neither has a derivative nor only hides.
  public init(
    for problem: AttentionProblem, modifier: AttentionScoreModifier? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    extents = try problem.checkedGradientExtents(modifier)
    let context = try ExecutionContext.resolve(context)
    self.context = context
    setup = try AttentionGradientSetup(problem, modifier, context)
  }

  /// Calls from now on are of another problem, with the bits of a plan that was made for it; memory that suffices
  /// serves on. Throws, and changes nothing, for a problem that does not fit together or in memory.
  func setProblem(_ changed: AttentionProblem) throws(TesseraError) {
    let changedExtents = try changed.checkedGradientExtents(setup.modifier)
    setup = try AttentionGradientSetup(changed, setup.modifier, context, reusing: setup)
    extents = changedExtents
  }

  /// Draws of calls from now on; nothing where nothing is dropped.
  func setDropoutOffset(_ offset: UInt32) { setup.dropout = setup.dropout?.at(offset: offset) }

  /// Operands lie as the problem's layouts say, gradients as its `gradients`. `bias`, `mask` (bytes, 0 hides), `slopes`
  /// and `sinks` are given where the problem has them; `output` and `kept` are forward's of the same operands, of a
  /// problem with `writesLogSumExp`. `parameters` takes the gradients of slopes and sinks, where they are wanted, and
  /// of the bias, where the problem's `gradients` have a layout for it. Gradients are written, not added to what is
  /// there. They share memory with nothing, but may be columns of the same rows, as of a joint projection. Throws
  /// before anything is written where a span is too short, is missing or not wanted, or overlaps, and where neither a
  /// forward call nor `setLogSumExp` has written `kept`, or one with another dropout.
  public func run(
    queries: Span<Float>, keys: Span<Float>, values: Span<Float>, bias: Span<Float>? = nil, mask: Span<UInt8>? = nil,
    slopes: Span<Float>? = nil, sinks: Span<Float>? = nil, output: Span<Float>, kept: AttentionSavedTensors,
    outputGradient: Span<Float>, queriesGradient: consuming MutableSpan<Float>,
    keysGradient: consuming MutableSpan<Float>, valuesGradient: consuming MutableSpan<Float>,
    parameters: AttentionParameterGradients? = nil
  ) throws(TesseraError) {
    try problem.checkGiven(
      bias: bias != nil, mask: mask != nil, slopes: slopes != nil, sinks: sinks != nil,
      operation: AttentionProblem.gradientsOperation)
    guard problem.writesLogSumExp else {
      throw .invalidOperand(
        operation: AttentionProblem.gradientsOperation, operand: "kept",
        expected: "what forward kept of a problem with writesLogSumExp", actual: "a problem without")
    }
    try kept.draws.check(setup.dropout, operation: AttentionProblem.gradientsOperation)
    var queriesGradient = queriesGradient
    var keysGradient = keysGradient
    var valuesGradient = valuesGradient
    try queries.withBuffer { queries throws(TesseraError) in
      try keys.withBuffer { keys throws(TesseraError) in
        try values.withBuffer { values throws(TesseraError) in
          try withBuffer(bias) { bias throws(TesseraError) in
            try withBuffer(mask) { mask throws(TesseraError) in
              try withBuffer(slopes) { slopes throws(TesseraError) in
                try withBuffer(sinks) { sinks throws(TesseraError) in
                  try output.withBuffer { output throws(TesseraError) in
                    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
                      try queriesGradient.withMutableBuffer { queriesGradient throws(TesseraError) in
                        try keysGradient.withMutableBuffer { keysGradient throws(TesseraError) in
                          try valuesGradient.withMutableBuffer { valuesGradient throws(TesseraError) in
                            try run(
                              on: AttentionGradientBuffers(
                                queries: queries, keys: keys, values: values, bias: bias, mask: mask, slopes: slopes,
                                sinks: sinks, output: output, logSumExp: UnsafeBufferPointer(kept.logSumExp.elements),
                                outputGradient: outputGradient, queriesGradient: queriesGradient,
                                keysGradient: keysGradient, valuesGradient: valuesGradient,
                                biasGradient: parameters?.bias.elements, slopesGradient: parameters?.slopes.elements,
                                sinksGradient: parameters?.sinks.elements))
                          }
                        }
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// The same of buffers, of which those are empty that the problem does not have.
  func run(on buffers: AttentionGradientBuffers) throws(TesseraError) {
    try buffers.check(problem)
    let operands = AttentionGradientOperands(buffers, problem)
    // Items see both by address: copies, and references that they counted, would cost each of them.
    let traffic = withUnsafePointer(to: setup) { setup in
      withUnsafePointer(to: operands) { operands in run(setup, operands) }
    }
    var extents = extents
    if operands.biasGradient == nil { extents[.biasGradientElements] = 0 }
    context.ledger?.record(.attentionGradients, extents: extents, mode: .training, traffic: traffic)
  }
}

/// Attention's gradients in one call: makes a plan, runs it, lets it go. See `AttentionGradientPlan.run`.
public func attentionGradients(
  _ problem: AttentionProblem, modifier: AttentionScoreModifier? = nil, queries: Span<Float>, keys: Span<Float>,
  values: Span<Float>, bias: Span<Float>? = nil, mask: Span<UInt8>? = nil, slopes: Span<Float>? = nil,
  sinks: Span<Float>? = nil, output: Span<Float>,
  kept: AttentionSavedTensors, outputGradient: Span<Float>, queriesGradient: consuming MutableSpan<Float>,
  keysGradient: consuming MutableSpan<Float>, valuesGradient: consuming MutableSpan<Float>,
  parameters: AttentionParameterGradients? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  try AttentionGradientPlan(for: problem, modifier: modifier, context: context).run(
    queries: queries, keys: keys, values: values, bias: bias, mask: mask, slopes: slopes, sinks: sinks,
    output: output, kept: kept, outputGradient: outputGradient, queriesGradient: queriesGradient,
    keysGradient: keysGradient, valuesGradient: valuesGradient, parameters: parameters)
}
