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
      sumsCount = wholeLines(rows * valueDimension)
      rowsCount = wholeLines(rows)
    }

    /// From one slot to the next.
    var stride: Int { sumsCount + 2 * rowsCount }
    var byteCount: Int { stride * MemoryLayout<Float>.stride }
  }

  /// `earlier`: those that are not needed any more.
  init(_ partition: AttentionPartition, reusing earlier: AttentionPartials?) throws(TesseraError) {
    slot = partition.partial
    let slots = partition.blockCount * partition.keyRanges
    buffer = try .uninitialized(count: slots * slot.stride, reusing: earlier?.buffer)
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
