import CTesseraKernels

/// Results of parts of the keys, until they are merged: for each item its rows' sums, maxima and totals.
///
/// Slots begin on cache lines, so that workers do not share one.
struct AttentionPartials {
  private let buffer: AlignedBuffer<Float>
  private let slot: Slot

  /// What one item leaves, in floats.
  struct Slot: Hashable, Sendable {
    let sumsCount: Int
    let rowsCount: Int

    init(rows: Int, valueDimension: Int) {
      func padded(_ count: Int) -> Int { (count + 15) / 16 * 16 }
      sumsCount = padded(rows * valueDimension)
      rowsCount = padded(rows)
    }

    /// From one slot to the next.
    var stride: Int { sumsCount + 2 * rowsCount }
    var byteCount: Int { stride * MemoryLayout<Float>.stride }
  }

  init(_ problem: AttentionProblem, _ tiles: AttentionTiles) throws(TesseraError) {
    slot = tiles.partial
    let slots = problem.batch * problem.keyValueHeads * tiles.blocks * tiles.keyRanges
    buffer = try AlignedBuffer(uninitializedCount: slots * slot.stride)
  }

  var byteCount: Int { buffer.count * MemoryLayout<Float>.stride }

  func sums(_ index: Int) -> UnsafeMutablePointer<Float> { buffer.pointer + index * slot.stride }
  func maxima(_ index: Int) -> UnsafeMutablePointer<Float> { sums(index) + slot.sumsCount }
  func totals(_ index: Int) -> UnsafeMutablePointer<Float> { maxima(index) + slot.rowsCount }

  /// Lets an item's results be written to its slot.
  func place(_ slot: Int, in memory: inout AttentionWorkspace.Memory) {
    memory.sums = sums(slot)
    memory.maxima = maxima(slot)
    memory.totals = totals(slot)
  }
}

extension AttentionPlan {
  /// Merges the parts of one block's rows, in the order of their keys.
  func merge(
    block: Int, _ partials: AttentionPartials, _ operands: AttentionOperands, traffic: UnsafeMutablePointer<Traffic>
  ) {
    let item = AttentionItem(block: block, range: 0, problem, tiles, operands.source)
    let columns = problem.valueDimension
    let slots = item.partial..<item.partial + tiles.keyRanges
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
      let output =
        operands.output! + problem.output.start(ofPlane: place.plane) + place.query * problem.output.rowStride
      var finished = tsr_attention_finish_f32()
      finished.rows = 1
      finished.columns = columns
      finished.sums = UnsafePointer(sums)
      finished.output = output
      withUnsafePointer(to: total) { pointer in
        finished.totals = pointer
        kernels.finish(&finished)
      }
      keepLogSumExp(maximum: greatest, total: total, place, operands)
      place.advance()
    }
    let moved = residency.mergeTraffic(rows: item.rows.count)
    traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
  }
}
