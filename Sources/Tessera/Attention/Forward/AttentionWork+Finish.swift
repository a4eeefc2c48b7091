import CTesseraKernels

extension AttentionWork {
  /// output = (sums + weights · values) / total of rows of one head, log-sum-exp as `finish` does.
  func writeOutput(
    of group: RowGroup, over part: Range<Int>, _ weights: UnsafePointer<Float>, accumulates: Bool
  ) {
    let (sink, scale) = (operands.pointee.sinks?[group.place.head], plan.softmaxScale)
    for index in 0..<group.rows.count {
      let row = group.rows.lowerBound + index
      let total = memory.totals[row]
      if let sink {
        memory.factors[index] = AttentionSetup.factor(
          total: total, maximum: memory.maxima[row], scale: scale, sink: sink)
      } else {
        memory.factors[index] = total == 0 ? 0 : 1 / total
      }
    }
    let sums = WeightedSums(
      addend: accumulates ? UnsafePointer(group.sums) : nil, factors: UnsafePointer(memory.factors),
      output: plan.output(at: group.place, operands), outputStride: plan.problem.output.rowStride,
      streams: plan.streamsOutput)
    tiles.multiplyValues(part, by: weights, rows: group.rows.count, into: sums)
    keepLogSumExps(of: group)
  }

  /// output = sums / total, log-sum-exp = scale · maximum + ln total of rows that have seen all of their keys.
  func finish(_ group: RowGroup) {
    if let sinks = operands.pointee.sinks { return finish(group, with: sinks) }
    let rows = group.rows
    var place = group.place
    var finished = tsr_attention_finish_f32()
    finished.columns = plan.problem.valueDimension
    finished.output_stride = plan.problem.output.rowStride
    finished.streaming = plan.streamsOutput
    // Rows of one head lie evenly; those of a group's heads are taken one by one.
    let step = plan.problem.groupSize == 1 ? rows.count : 1
    finished.rows = step
    for row in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
      finished.sums = UnsafePointer(group.sums + (row - rows.lowerBound) * plan.problem.valueDimension)
      finished.totals = UnsafePointer(memory.totals + row)
      finished.output = plan.output(at: place, operands)
      plan.kernels.finish(&finished)
      if step == 1 { place.advance() }
    }
    keepLogSumExps(of: group)
  }

  /// The same with sinks, row by row.
  private func finish(_ group: RowGroup, with sinks: UnsafePointer<Float>) {
    // Taken out of the plan once, as below.
    let (scale, columns, kernels) = (plan.softmaxScale, plan.problem.valueDimension, plan.kernels)
    var (place, sums) = (group.place, group.sums)
    for row in group.rows {
      let factor = AttentionSetup.factor(
        total: memory.totals[row], maximum: memory.maxima[row], scale: scale, sink: sinks[place.head])
      kernels.finishRow(columns, sums, by: factor, into: plan.output(at: place, operands))
      place.advance()
      sums += columns
    }
    keepLogSumExps(of: group)
  }

  private func keepLogSumExps(of group: RowGroup) {
    guard let logSumExp = operands.pointee.logSumExp else { return }
    // Taken out of the plan once: to call a method of it for each row copies it, and counts its references, each time.
    let (scale, rows, sinks) = (plan.softmaxScale, plan.problem.queries.rows, operands.pointee.sinks)
    var place = group.place
    for row in group.rows {
      logSumExp[place.operandPlane * rows + place.operandRow] = AttentionSetup.logSumExp(
        maximum: memory.maxima[row], total: memory.totals[row], scale: scale, sink: sinks?[place.head])
      place.advance()
    }
  }
}
