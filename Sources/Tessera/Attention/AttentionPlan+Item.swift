import CTesseraKernels

extension AttentionPlan {
  /// One item: tiles of keys one after the other, and past each all groups of the item's rows that see something of it.
  func run(
    _ item: AttentionItem, _ operands: AttentionOperands, _ memory: AttentionWorkspace.Memory,
    traffic: UnsafeMutablePointer<Traffic>
  ) {
    var memory = memory
    if let partials { partials.place(item.partial, in: &memory) }
    let rowCount = item.rows.count
    memory.maxima.update(repeating: -.infinity, count: rowCount)
    memory.totals.update(repeating: 0, count: rowCount)
    let seen = findVisibleKeys(of: item, memory)
    let perGroup = AttentionTiles.rowsPerGroup
    // A block has at most 44 groups. Sums of a group that has not begun are not initialised.
    var begun: UInt64 = 0
    if tiles.isDirect || partials != nil {
      memory.sums.update(repeating: 0, count: rowCount * problem.valueDimension)
      begun = .max
    }
    var keyTile = KeyTile(item, operands, self)
    var tileStart = seen.lowerBound / tiles.keysPerTile * tiles.keysPerTile
    while tileStart < seen.upperBound {
      keyTile.load(
        tileStart..<min(tileStart + tiles.keysPerTile, seen.upperBound), from: seen.lowerBound, memory, self)
      for group in stride(from: 0, to: rowCount, by: perGroup) {
        let rows = group..<min(rowCount, group + perGroup)
        let bit: UInt64 = 1 << UInt64(group / perGroup)
        if process(rows, of: item, keyTile, operands, memory, accumulates: begun & bit != 0) { begun |= bit }
      }
      tileStart += tiles.keysPerTile
    }
    for group in stride(from: 0, to: rowCount, by: perGroup) where begun & (1 << UInt64(group / perGroup)) == 0 {
      let rows = min(perGroup, rowCount - group)
      (memory.sums + group * problem.valueDimension).update(repeating: 0, count: rows * problem.valueDimension)
    }
    if partials == nil { finish(item, operands, memory) }
    let moved = residency.traffic(of: item, firsts: memory.firsts, ends: memory.ends, keys: seen)
    traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
  }

  /// Fills in each row's visible keys within the item's, and returns those from the first to the last of all rows.
  private func findVisibleKeys(of item: AttentionItem, _ memory: AttentionWorkspace.Memory) -> Range<Int> {
    let groupSize = problem.groupSize
    var (first, end) = (Int.max, 0)
    var known = (query: -1, keys: 0..<0)
    for row in 0..<item.rows.count {
      let query = (item.rows.lowerBound + row) / groupSize
      if query != known.query {
        known = (query, problem.visibleKeys(sequence: item.sequence, query: query).clamped(to: item.keys))
      }
      memory.firsts[row] = Int32(known.keys.lowerBound)
      memory.ends[row] = Int32(known.keys.upperBound)
      guard !known.keys.isEmpty else { continue }
      (first, end) = (min(first, known.keys.lowerBound), max(end, known.keys.upperBound))
    }
    return first < end ? first..<end : 0..<0
  }

  /// The rows' part of the online softmax over one tile. Returns false where none of them sees any of its keys.
  private func process(
    _ rows: Range<Int>, of item: AttentionItem, _ keyTile: KeyTile, _ operands: AttentionOperands,
    _ memory: AttentionWorkspace.Memory, accumulates: Bool
  ) -> Bool {
    var (first, end) = (Int.max, 0)
    for row in rows where memory.firsts[row] < memory.ends[row] {
      (first, end) = (min(first, Int(memory.firsts[row])), max(end, Int(memory.ends[row])))
    }
    first = keyTile.align(max(first, keyTile.keys.lowerBound))
    end = min(end, keyTile.keys.upperBound)
    guard first < end else { return false }
    let count = end - first
    for row in rows {
      let (query, head) = (item.rows.lowerBound + row).quotientAndRemainder(dividingBy: problem.groupSize)
      let plane = item.sequence * problem.queryHeads + item.keyValueHead * problem.groupSize + head
      kernels.scale(
        problem.headDimension, 1,
        operands.queries! + problem.queries.start(ofPlane: plane) + query * problem.queries.rowStride,
        memory.queries + (row - rows.lowerBound) * problem.headDimension)
    }
    keyTile.scores(rows.count, first..<end, memory, self)
    var isWhole = problem.booleanMask == nil
    for row in rows {
      let scores = memory.scores + (row - rows.lowerBound) * workspace.scoresStride
      let begin = min(count, max(0, Int(memory.firsts[row]) - first))
      let stop = min(count, max(begin, Int(memory.ends[row]) - first))
      if begin > 0 || stop < count { isWhole = false }
      softmax(
        row, of: item, scores, count: count, visible: begin..<stop, firstKey: first, operands, memory)
    }
    let sums = memory.sums + rows.lowerBound * problem.valueDimension
    if isWhole || keyTile.valuesAreFinite(first..<end, memory, self) {
      keyTile.addValues(rows.count, first..<end, memory, sums, accumulates: accumulates, self)
    } else {
      if !accumulates { sums.update(repeating: 0, count: rows.count * problem.valueDimension) }
      for row in rows {
        keyTile.addVisibleValues(
          row, memory.scores + (row - rows.lowerBound) * workspace.scoresStride, first..<end, of: item, operands,
          memory,
          self)
      }
    }
    return true
  }

  /// The stages of a row's scores, its step of the online softmax, and its dropout.
  @inline(__always)
  private func softmax(
    _ row: Int, of item: AttentionItem, _ scores: UnsafeMutablePointer<Float>, count: Int, visible: Range<Int>,
    firstKey: Int, _ operands: AttentionOperands, _ memory: AttentionWorkspace.Memory
  ) {
    var step = tsr_attention_softmax_f32()
    step.count = count
    step.first = visible.lowerBound
    step.last = visible.upperBound
    step.scale = softmaxScale
    step.scores = scores
    step.maximum = memory.maxima[row]
    step.sum = memory.totals[row]
    step.output_count = problem.valueDimension
    step.output = memory.sums + row * problem.valueDimension
    step.column = UInt32(firstKey)
    if !stages.isEmpty, !visible.isEmpty {
      let (query, head) = (item.rows.lowerBound + row).quotientAndRemainder(dividingBy: problem.groupSize)
      let plane = item.sequence * problem.queryHeads + item.keyValueHead * problem.groupSize + head
      let run = ScoreStage.Row(
        plane: plane, query: query, key: firstKey + visible.lowerBound, count: visible.count,
        scores: scores + visible.lowerBound)
      for stage in stages { stage.apply(to: run, operands, kernels) }
    }
    if let dropout {
      let (query, head) = (item.rows.lowerBound + row).quotientAndRemainder(dividingBy: problem.groupSize)
      let sequence = problem.dropoutSequences?[item.sequence] ?? item.sequence
      var decisions = dropout.kernelArgument(
        plane: sequence * problem.queryHeads + item.keyValueHead * problem.groupSize + head, row: query)
      withUnsafePointer(to: &decisions) { pointer in
        step.dropout = pointer
        kernels.softmax(&step)
      }
    } else {
      kernels.softmax(&step)
    }
    memory.maxima[row] = step.maximum
    memory.totals[row] = step.sum
  }

  /// output = sums / total and log-sum-exp = maximum + ln total of every row of an item that saw all of its keys.
  private func finish(_ item: AttentionItem, _ operands: AttentionOperands, _ memory: AttentionWorkspace.Memory) {
    for row in 0..<item.rows.count {
      let place = rowPlace(item, row)
      finish(
        sums: memory.sums + row * problem.valueDimension, maximum: memory.maxima[row], total: memory.totals[row],
        to: place, operands)
    }
  }

  /// Where a row of an item is in output and log-sum-exp.
  func rowPlace(_ item: AttentionItem, _ row: Int) -> (plane: Int, query: Int) {
    let (query, head) = (item.rows.lowerBound + row).quotientAndRemainder(dividingBy: problem.groupSize)
    return (item.sequence * problem.queryHeads + item.keyValueHead * problem.groupSize + head, query)
  }

  func finish(
    sums: UnsafePointer<Float>, maximum: Float, total: Float, to place: (plane: Int, query: Int),
    _ operands: AttentionOperands
  ) {
    let output =
      operands.output! + problem.output.start(ofPlane: place.plane) + place.query * problem.output.rowStride
    if total == 0 {
      // Nothing was seen, or nothing above −inf.
      output.update(repeating: 0, count: problem.valueDimension)
    } else {
      kernels.scale(problem.valueDimension, 1 / total, sums, output)
    }
    operands.logSumExp?[place.plane * problem.queryLength + place.query] =
      maximum * softmaxScale + naturalLogarithm(total)
  }
}
