import CTesseraKernels

extension AttentionPlan {
  /// output = (sums + weights · values) / total of rows of one head, log-sum-exp as `finish` does.
  func writeOutput(
    _ group: RowGroup, _ keyTile: KeyTile, _ part: Range<Int>, _ weights: UnsafePointer<Float>,
    _ operands: AttentionOperands, _ memory: AttentionWorkspace.Memory, accumulates: Bool
  ) {
    let (rows, layout) = (group.rows, problem.output)
    for index in 0..<rows.count {
      let total = memory.totals[rows.lowerBound + index]
      memory.factors[index] = total == 0 ? 0 : 1 / total
    }
    let output = operands.output! + layout.start(ofPlane: group.place.plane) + group.place.query * layout.rowStride
    let sums = KeyTile.WeightedSums(
      addend: accumulates ? UnsafePointer(group.sums) : nil, factors: UnsafePointer(memory.factors), output: output,
      outputStride: layout.rowStride, streams: streamsOutput)
    keyTile.multiplyValues(rows.count, part, weights, memory, sums, self)
    keepLogSumExps(group, operands, memory)
  }

  /// output = sums / total, log-sum-exp = scale · maximum + ln total of rows that have seen all of their keys.
  func finish(_ group: RowGroup, _ operands: AttentionOperands, _ memory: AttentionWorkspace.Memory) {
    let rows = group.rows
    var place = group.place
    let layout = problem.output
    var finished = tsr_attention_finish_f32()
    finished.columns = problem.valueDimension
    finished.output_stride = layout.rowStride
    finished.streaming = streamsOutput
    // Rows of one head lie evenly; those of a group's heads are taken one by one.
    let step = problem.groupSize == 1 ? rows.count : 1
    finished.rows = step
    for row in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
      finished.sums = UnsafePointer(group.sums + (row - rows.lowerBound) * problem.valueDimension)
      finished.totals = UnsafePointer(memory.totals + row)
      finished.output = operands.output! + layout.start(ofPlane: place.plane) + place.query * layout.rowStride
      kernels.finish(&finished)
      if step == 1 { place.advance() }
    }
    keepLogSumExps(group, operands, memory)
  }

  private func keepLogSumExps(
    _ group: RowGroup, _ operands: AttentionOperands, _ memory: AttentionWorkspace.Memory
  ) {
    guard operands.logSumExp != nil else { return }
    var place = group.place
    for row in group.rows {
      keepLogSumExp(maximum: memory.maxima[row], total: memory.totals[row], place, operands)
      place.advance()
    }
  }

  /// −inf where nothing was seen, or nothing above −inf.
  @inline(__always)
  func keepLogSumExp(maximum: Float, total: Float, _ place: RowPlace, _ operands: AttentionOperands) {
    guard let logSumExp = operands.logSumExp else { return }
    logSumExp[place.plane * problem.queryLength + place.query] = maximum * softmaxScale + naturalLogarithm(total)
  }
}
