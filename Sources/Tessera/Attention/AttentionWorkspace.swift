import CTesseraKernels

/// A worker's memory for one item of attention, and where its parts lie. Every part begins on a cache line.
struct AttentionWorkspace {
  private let scratch: RowScratch
  private let offsets: Offsets

  /// In floats from the worker's first.
  private struct Offsets {
    var tiles = 0, queries = 0, scores = 0, sums = 0, maxima = 0, totals = 0
    var firsts = 0, ends = 0, groupFirsts = 0, groupEnds = 0, groupLasts = 0
    var steps = 0, dropouts = 0, factors = 0, shown = 0
  }

  /// `earlier`: one that is not needed any more.
  init(
    _ problem: AttentionProblem, _ partition: AttentionPartition, _ products: AttentionProducts, hasModifier: Bool,
    threadCount: Int, reusing earlier: AttentionWorkspace?
  ) throws(TesseraError) {
    var offsets = Offsets()
    var end = 0
    func take(_ count: Int) -> Int {
      defer { end += wholeLines(count) }
      return end
    }
    offsets.tiles = take(partition.tileMemoryCount(for: problem))
    offsets.queries = take(partition.rowsPerGroup * problem.headDimension)
    offsets.scores = take(partition.rowsPerGroup * products.scoresStride)
    offsets.sums = take(partition.keyRanges > 1 ? 0 : partition.rowsPerBlock * problem.valueDimension)
    offsets.maxima = take(partition.rowsPerBlock)
    offsets.totals = take(partition.rowsPerBlock)
    offsets.firsts = take(partition.rowsPerBlock)
    offsets.ends = take(partition.rowsPerBlock)
    offsets.groupFirsts = take(partition.groupsPerBlock)
    offsets.groupEnds = take(partition.groupsPerBlock)
    offsets.groupLasts = take(partition.groupsPerBlock)
    func take<Element>(_ count: Int, of type: Element.Type) -> Int {
      take(count * MemoryLayout<Element>.stride / MemoryLayout<Float>.stride)
    }
    offsets.steps = take(partition.rowsPerGroup, of: tsr_attention_softmax_f32.self)
    offsets.factors = take(partition.rowsPerGroup)
    offsets.dropouts = take(problem.dropout == nil ? 0 : partition.rowsPerGroup, of: tsr_dropout.self)
    offsets.shown = take(hasModifier ? partition.rowsPerGroup * products.scoresStride : 0, of: UInt8.self)
    self.offsets = offsets
    scratch = try RowScratch(columns: end, threadCount: threadCount, reusing: earlier?.scratch)
  }

  var byteCount: Int { scratch.byteCount }

  func memory(ofWorker index: Int) -> Memory {
    let start = scratch.row(ofWorker: index)
    func structures<Element>(_ offset: Int, of type: Element.Type) -> UnsafeMutablePointer<Element> {
      UnsafeMutableRawPointer(start + offset).assumingMemoryBound(to: type)
    }
    return Memory(
      tiles: start + offsets.tiles, queries: start + offsets.queries, scores: start + offsets.scores,
      sums: start + offsets.sums, maxima: start + offsets.maxima, totals: start + offsets.totals,
      visible: VisibleKeys(
        firsts: structures(offsets.firsts, of: Int32.self), ends: structures(offsets.ends, of: Int32.self),
        groupFirsts: structures(offsets.groupFirsts, of: Int32.self),
        groupEnds: structures(offsets.groupEnds, of: Int32.self),
        groupLasts: structures(offsets.groupLasts, of: Int32.self)),
      steps: structures(offsets.steps, of: tsr_attention_softmax_f32.self),
      dropouts: structures(offsets.dropouts, of: tsr_dropout.self), factors: start + offsets.factors,
      shown: structures(offsets.shown, of: UInt8.self))
  }

  /// One worker's part.
  struct Memory {
    /// The tiles' own.
    let tiles: UnsafeMutablePointer<Float>
    /// A group's rows × D.
    let queries: UnsafeMutablePointer<Float>
    /// A group's rows × keys of a tile.
    let scores: UnsafeMutablePointer<Float>
    /// Σ weight · value of the item's rows, rows × Dv. Those of a part of the keys lie elsewhere.
    var sums: UnsafeMutablePointer<Float>
    /// The largest score so far of each of the item's rows, before the softmax's scale, and Σ exp(scale · (s −
    /// maximum)).
    var maxima, totals: UnsafeMutablePointer<Float>
    let visible: VisibleKeys
    /// What a group's rows are called with: their steps of the softmax, and their dropouts where the problem has one.
    let steps: UnsafeMutablePointer<tsr_attention_softmax_f32>
    let dropouts: UnsafeMutablePointer<tsr_dropout>
    /// 1 / total, or 0, of a group's rows, where the product with values finishes them.
    let factors: UnsafeMutablePointer<Float>
    /// A group's rows × keys of a tile: 0 where a modifier or a mask hides. Written where there is a modifier and
    /// values are not finite.
    let shown: UnsafeMutablePointer<UInt8>
  }
}
