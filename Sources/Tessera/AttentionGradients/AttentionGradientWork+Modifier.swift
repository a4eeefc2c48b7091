import CTesseraKernels

/// A row whose scores a caller's modifier has changed: gradients of the modified scores first, then, by its derivative,
/// of the scores before.
extension AttentionGradientWork {
  /// The derivative is shown the scores before the modifier.
  func keepUnmodified(_ run: ScoreStage.Row) {
    plan.kernels.scale(run.count, 1, run.scores, memory.unmodified)
  }

  /// `call` has the row's stages behind it: scores of `run` are modified, and masked.
  func finishModified(
    _ run: ScoreStage.Row, row: Int, of queries: QueryTile, over columns: Range<Int>,
    _ call: inout tsr_attention_score_gradients_f32, _ modifier: AttentionScoreModifier
  ) {
    let shown = memory.shown + row * plan.sizes.keysStride
    if run.noteHidden(in: shown + (run.key - tile.lowerBound), plan.kernels) {
      call.mask = UnsafePointer(shown + (columns.lowerBound - tile.lowerBound))
    }
    guard let differentiate = modifier.differentiate else {
      return makeGradients(&call, of: queries, query: run.query)
    }
    let capped = call.capped
    (call.capped, call.factor, call.softmax_gradients) = (nil, 1, nil)
    makeGradients(&call, of: queries, query: run.query)
    let gradients = call.gradients + call.first
    var changed = AttentionScoreGradientRun(
      sequence: sequence, head: queries.head, query: run.query, position: run.position,
      keys: run.key..<run.key + run.count, scores: UnsafePointer(memory.unmodified), gradients: gradients)
    differentiate(&changed)
    let mask = call.mask.map { $0 + call.first }
    hide(gradients, count: run.count, mask)
    // Scores take up bias and slopes between softcap and modifier: what stands here now is what their gradients sum.
    if let softmaxGradients {
      plan.kernels.scale(run.count, 1, gradients, softmaxGradients + call.first)
    }
    if let capped { multiplyByDerivative(ofCapped: capped + call.first, call.cap, gradients, count: run.count) }
    plan.kernels.scale(run.count, plan.problem.scale, gradients, gradients)
    hide(gradients, count: run.count, mask)
  }

  /// What is hidden has no gradient: 0 times a derivative that is not finite is NaN.
  private func hide(_ gradients: UnsafeMutablePointer<Float>, count: Int, _ mask: UnsafePointer<UInt8>?) {
    guard let mask else { return }
    for column in 0..<count where mask[column] == 0 { gradients[column] = 0 }
  }

  /// gradients[c] *= 1 − (capped[c] / cap)²
  private func multiplyByDerivative(
    ofCapped capped: UnsafePointer<Float>, _ cap: Float, _ gradients: UnsafeMutablePointer<Float>, count: Int
  ) {
    for column in stride(from: 0, to: count, by: 8) {
      let t = loadLanes(capped, at: column, of: count) / cap
      let gradient = loadLanes(UnsafePointer(gradients), at: column, of: count)
      storeLanes(gradient * (1 - t * t), to: gradients, at: column, of: count)
    }
  }
}
