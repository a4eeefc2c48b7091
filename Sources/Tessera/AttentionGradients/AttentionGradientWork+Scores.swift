import CTesseraKernels

/// From a group of queries and the present tile of keys to probabilities, gradients of scores, and what those add to
/// the gradients of the queries.
extension AttentionGradientWork {
  /// Rows `group` of a tile of queries; scores begin at `columns`, of which the group may see a part, and rows at its
  /// ends nothing.
  mutating func makeScoreGradients(_ group: Range<Int>, of queries: QueryTile, over columns: Range<Int>) {
    var (begin, end) = (Int.max, 0)
    let seeing = memory.seeingRows(of: group)
    for row in seeing {
      let visible = memory.keys(ofRow: row)
      guard !visible.isEmpty else { continue }
      (begin, end) = (min(begin, visible.lowerBound), max(end, visible.upperBound))
    }
    let seen = begin < end ? begin..<end : 0..<0
    if !seen.isEmpty {
      let first = tile.lowerBound + KeyValueRanges.granuleStart(of: seen.lowerBound - tile.lowerBound)
      let place = seeing.lowerBound * plan.sizes.keysStride + (first - columns.lowerBound)
      let asks = asks(of: group, queries)
      multiplyPacked(
        memory.keys, depth: plan.problem.headDimension, over: first..<seen.upperBound,
        by: query(queries, row: seeing.lowerBound), plan.problem.queries.rowStride, rows: seeing.count,
        into: memory.scores + place, asking: (asks.keysOrQueries, asks.bias, asks.queriesGradient))
      multiplyPacked(
        memory.values, depth: plan.problem.valueDimension, over: first..<seen.upperBound,
        by: outputGradient(queries, row: seeing.lowerBound), plan.problem.gradients.output.rowStride,
        rows: seeing.count, into: memory.scoreGradients + place,
        asking: (asks.valuesOrOutputGradient, asks.biasGradient, asks.restOfBiasGradient))
    }
    // Held by the group: rows that each held it would wait for other threads' rows.
    let modifier = modifier
    var isWhole = plan.problem.booleanMask == nil && modifier == nil && blocks == nil
    for row in group {
      let visible = memory.keys(ofRow: row)
      if seeing.contains(row), visible.lowerBound > seen.lowerBound || visible.upperBound < seen.upperBound {
        isWhole = false
      }
      finishRow(row, of: queries, over: columns, modifier)
      hideBlocks(ofRow: row, of: queries, from: columns.lowerBound)
      useSoftmaxGradients(ofRow: row, of: queries, from: columns.lowerBound)
    }
    guard !seen.isEmpty else { return }
    if isWhole || areFinite(seen) {
      addToQueries(seeing, of: queries, over: seen, from: columns.lowerBound)
    } else {
      addVisibleToQueries(group, of: queries, from: columns.lowerBound)
    }
  }

  /// output[r] = left[r] · packed keys or values of `part`, which begins with a granule of the tile. Panel by panel:
  /// each that is not too deep stays in the first-level cache while all rows pass, and what comes next is asked for.
  private func multiplyPacked(
    _ packed: UnsafeMutablePointer<Float>, depth: Int, over part: Range<Int>, by left: UnsafePointer<Float>,
    _ leftStride: Int, rows: Int, into output: UnsafeMutablePointer<Float>,
    asking asks: (first: RowsAhead?, second: RowsAhead?, last: RowsAhead?)
  ) {
    let panel = plan.contraction.panelColumns
    var block = tsr_contraction_block_f32()
    block.rows = rows
    block.depth = depth
    block.left = left
    block.left_stride = leftStride
    block.right_stride = panel
    block.output_stride = plan.sizes.keysStride
    block.resident = depth * panel * floatBytes <= plan.residentBytes
    for first in stride(from: 0, to: part.count, by: panel) {
      block.columns = min(panel, part.count - first)
      block.right = UnsafePointer(packed + (part.lowerBound - tile.lowerBound + first) * depth)
      block.output = output + first
      let isLast = first + panel >= part.count
      let ask = first == 0 ? asks.first : first == panel ? asks.second : nil
      RowsAhead.ask(for: ask ?? (isLast && first > 0 ? asks.last : nil), in: &block)
      plan.contraction.block(&block)
    }
  }

  /// Scores become dropped probabilities, and gradients of those gradients of scores, 0 where the row does not see.
  private func finishRow(
    _ row: Int, of queries: QueryTile, over columns: Range<Int>, _ modifier: AttentionScoreModifier?
  ) {
    let (query, visible) = (queries.queries.lowerBound + row, memory.keys(ofRow: row))
    var call = tsr_attention_score_gradients_f32()
    call.count = columns.count
    call.scores = memory.scores + row * plan.sizes.keysStride
    call.gradients = memory.scoreGradients + row * plan.sizes.keysStride
    guard !visible.isEmpty else {
      return plan.gradientKernels.score_gradients(1, &call)
    }
    call.softmax_gradients = softmaxGradients
    call.first = visible.lowerBound - columns.lowerBound
    call.last = visible.upperBound - columns.lowerBound
    call.scale = plan.exponentScale
    call.log_sum_exp = logSumExps(of: queries)[query]
    call.delta = products[queries.member * queryLength + query]
    call.factor = plan.problem.scale
    call.column = UInt32(columns.lowerBound)
    let run = ScoreStage.Row(
      plane: queries.plane, query: query, position: queryStart + query, key: visible.lowerBound, count: visible.count,
      scores: call.scores + call.first)
    for stage in stages {
      if case .modifier = stage, modifier!.differentiate != nil { keepUnmodified(run) }
      stage.apply(to: run, operands.pointee.forward.scores, plan.kernels, modifier)
      guard case .softcap(let cap) = stage else { continue }
      plan.kernels.scale(run.count, 1, run.scores, memory.capped + call.first)
      (call.capped, call.cap) = (UnsafePointer(memory.capped), cap)
    }
    if let modifier {
      return finishModified(run, row: row, of: queries, over: columns, &call, modifier)
    }
    if let layout = plan.problem.booleanMask {
      call.mask =
        operands.pointee.forward.scores.mask! + layout.start(ofPlane: queries.plane) + query * layout.rowStride
        + columns.lowerBound
    }
    makeGradients(&call, of: queries, query: query)
  }

  /// The row's kernel, with its dropout.
  func makeGradients(_ call: inout tsr_attention_score_gradients_f32, of queries: QueryTile, query: Int) {
    guard let dropout = plan.dropout else { return plan.gradientKernels.score_gradients(1, &call) }
    let plane = plan.problem.dropoutPlane(ofSequence: sequence, head: queries.head)
    var drop = dropout.kernelArgument(plane: plane, row: query)
    withUnsafePointer(to: &drop) { pointer in
      call.dropout = pointer
      plan.gradientKernels.score_gradients(1, &call)
    }
  }

  /// queries-gradient += gradients of scores · keys. Changes nothing of the work itself: `mutating` hands it on by its
  /// address, where a group's call would copy it and count its references.
  private mutating func addToQueries(
    _ group: Range<Int>, of queries: QueryTile, over part: Range<Int>, from column: Int
  ) {
    let (sizes, panel) = (plan.sizes, plan.contraction.panelColumns)
    let target = queriesGradient(queries, query: queries.queries.lowerBound + group.lowerBound)
    var block = tsr_contraction_block_f32()
    block.rows = group.count
    block.columns = sizes.headDimension
    block.depth = part.count
    block.left = UnsafePointer(
      memory.scoreGradients + group.lowerBound * sizes.keysStride + (part.lowerBound - column))
    block.left_stride = sizes.keysStride
    (block.addend_stride, block.output_stride, block.addend_last) = (target.stride, target.stride, true)
    guard sizes.packsKeyRows else {
      (block.right, block.right_stride, block.panel_stride) = (key(part.lowerBound), keyStride, panel)
      (block.addend, block.output) = (UnsafePointer(target.first), target.first)
      return plan.contraction.block(&block)
    }
    block.right_stride = panel
    block.resident = part.count * panel * floatBytes <= plan.residentBytes
    for first in stride(from: 0, to: sizes.headDimension, by: panel) {
      block.columns = min(panel, sizes.headDimension - first)
      block.right = UnsafePointer(memory.keyRows + first * tile.count + (part.lowerBound - tile.lowerBound) * panel)
      (block.addend, block.output) = (UnsafePointer(target.first + first), target.first + first)
      plan.contraction.block(&block)
    }
  }

  /// The same key by key over what each row sees: 0 times NaN or infinity is NaN.
  private mutating func addVisibleToQueries(_ group: Range<Int>, of queries: QueryTile, from column: Int) {
    for row in group {
      let target = queriesGradient(queries, query: queries.queries.lowerBound + row)
      let gradients = memory.scoreGradients + row * plan.sizes.keysStride
      for key in memory.keys(ofRow: row) where sees(key, row: row, of: queries) {
        plan.kernels.add(gradients[key - column], self.key(key), to: target.first, count: plan.problem.headDimension)
      }
    }
  }

  /// Whether block mask, modifier and Boolean mask let a row see the key.
  @inline(__always)
  func sees(_ key: Int, row: Int, of queries: QueryTile) -> Bool {
    if let blocks = blocks(ofQuery: queries.queries.lowerBound + row, of: queries), !blocks.sees(key) { return false }
    if modifier != nil { return memory.shown[row * plan.sizes.keysStride + (key - tile.lowerBound)] != 0 }
    guard let layout = plan.problem.booleanMask else { return true }
    let place = layout.start(ofPlane: queries.plane) + (queries.queries.lowerBound + row) * layout.rowStride + key
    return operands.pointee.forward.scores.mask![place] != 0
  }
}
