import CTesseraKernels

extension AttentionWork {
  /// The online softmax's step of a group's rows over the scores of `part`, of which they see nothing before `begin`:
  /// scores become weights, and sums are rescaled. Returns whether every row sees every key from there on. Where it
  /// `notesHidden`, what stages hide is written down in the workspace.
  func takeSoftmax(of group: RowGroup, over part: Range<Int>, from begin: Int, notesHidden: Bool) -> Bool {
    // Held by the group: rows that each held it would wait for other threads' rows.
    let modifier = modifier
    var isWhole = plan.problem.booleanMask == nil && modifier == nil && blocks == nil
    var place = group.place
    var later = plan.problem.bias == nil ? nil : RowPlace(item, row: group.rows.upperBound, plan.problem)
    for row in group.rows {
      let next = later.flatMap { bias(of: $0, from: begin) }
      later?.advance()
      let seen = memory.visible.keys(ofRow: row)
      if seen.lowerBound > begin || seen.upperBound < part.upperBound { isWhole = false }
      prepare(row, of: group, at: place, over: part, next: next, modifier, notesHidden: notesHidden)
      place.advance()
    }
    plan.kernels.softmax(group.rows.count, memory.steps)
    for row in group.rows {
      let step = memory.steps + (row - group.rows.lowerBound)
      memory.maxima[row] = step.pointee.maximum
      memory.totals[row] = step.pointee.sum
    }
    return isWhole
  }

  /// Applies the stages to a row's scores, and writes down its step of the online softmax and its dropout.
  @inline(__always)
  private func prepare(
    _ row: Int, of group: RowGroup, at place: RowPlace, over part: Range<Int>, next: UnsafePointer<Float>?,
    _ modifier: AttentionScoreModifier?, notesHidden: Bool
  ) {
    let index = row - group.rows.lowerBound
    let scores = memory.scores + index * plan.products.scoresStride
    let visible = memory.visible.keys(ofRow: row).clamped(to: part)
    let first = visible.lowerBound - part.lowerBound
    var drop: UnsafePointer<tsr_dropout>?
    if let dropout = plan.dropout {
      memory.dropouts[index] = dropout.kernelArgument(
        plane: plan.problem.dropoutPlane(ofSequence: place.sequence, head: place.head), row: place.query)
      drop = UnsafePointer(memory.dropouts + index)
    }
    memory.steps[index] = tsr_attention_softmax_f32(
      count: part.count, first: first, last: visible.upperBound - part.lowerBound, scale: plan.softmaxScale,
      scores: scores, maximum: memory.maxima[row], sum: memory.totals[row],
      output_count: plan.problem.valueDimension, output: group.sums + index * plan.problem.valueDimension,
      dropout: drop, column: UInt32(part.lowerBound), next: next)
    guard !visible.isEmpty else { return }
    if !stages.isEmpty {
      let shown = notesHidden ? memory.shown + index * plan.products.scoresStride + first : nil
      applyStages(to: scores + first, over: visible, at: place, modifier, notingHiddenIn: shown)
    }
    if let blocks {
      blocks.row(sequence: place.sequence, head: place.head, query: place.query).forEachHidden(of: visible) { hidden in
        (scores + (hidden.lowerBound - part.lowerBound)).update(repeating: -.infinity, count: hidden.count)
      }
    }
  }

  /// Scores are those of the visible keys; what stages hide of these is written down where there is a place for it.
  @inline(__always)
  private func applyStages(
    to scores: UnsafeMutablePointer<Float>, over visible: Range<Int>, at place: RowPlace,
    _ modifier: AttentionScoreModifier?, notingHiddenIn shown: UnsafeMutablePointer<UInt8>?
  ) {
    let run = ScoreStage.Row(
      plane: place.plane, query: place.query, position: queryStart + place.query, key: visible.lowerBound,
      count: visible.count, scores: scores)
    for stage in stages { stage.apply(to: run, operands.pointee.scores, plan.kernels, modifier) }
    if let shown { _ = run.noteHidden(in: shown, plan.kernels) }
  }

  /// Where the bias of a row in the item's next group begins, to be asked for early: a row of it is as long as one of
  /// scores.
  @inline(__always)
  private func bias(of row: RowPlace, from key: Int) -> UnsafePointer<Float>? {
    guard let layout = plan.problem.bias, row.query < item.queryLength else { return nil }
    return operands.pointee.scores.bias! + layout.start(ofPlane: row.plane) + row.query * layout.rowStride + key
  }
}
