import CTesseraKernels

extension AttentionSetup {
  /// Merges the parts of one block's rows, in the order of their keys, and returns what that moved.
  func merge(block: Int, _ operands: UnsafePointer<AttentionOperands>) -> Traffic {
    let partials = partials!
    let item = AttentionItem(block: block, range: 0, problem, partition, operands.pointee.source)
    let columns = problem.valueDimension
    let slots = item.partial..<item.partial + partition.keyRanges
    var place = RowPlace(item, row: 0, problem)
    for row in 0..<item.rows.count {
      // The first slot takes the others up; a part that saw nothing has maximum −inf, total 0 and sums 0.
      let sums = partials.sums(slots.lowerBound) + row * columns
      let greatest = slots.reduce(-Float.infinity) { max($0, partials.maxima($1)[row]) }
      var total: Float = 0
      for slot in slots {
        let maximum = partials.maxima(slot)[row]
        let weight =
          maximum == -.infinity ? 0 : Float(exponential((Double(maximum) - Double(greatest)) * Double(softmaxScale)))
        total += partials.totals(slot)[row] * weight
        if slot == slots.lowerBound {
          kernels.scale(columns, weight, sums, sums)
        } else {
          kernels.add(weight, partials.sums(slot) + row * columns, to: sums, count: columns)
        }
      }
      if let sinks = operands.pointee.sinks {
        let factor = Self.factor(total: total, maximum: greatest, scale: softmaxScale, sink: sinks[place.head])
        kernels.finishRow(columns, sums, by: factor, into: output(at: place, operands))
      } else {
        finish(sums, total: total, into: output(at: place, operands))
      }
      keepLogSumExp(maximum: greatest, total: total, at: place, operands)
      place.advance()
    }
    return residency.mergeTraffic(rows: item.rows.count)
  }

  private func finish(_ sums: UnsafePointer<Float>, total: Float, into output: UnsafeMutablePointer<Float>) {
    var finished = tsr_attention_finish_f32()
    finished.rows = 1
    finished.columns = problem.valueDimension
    finished.sums = sums
    finished.output = output
    withUnsafePointer(to: total) { pointer in
      finished.totals = pointer
      kernels.finish(&finished)
    }
  }
}
