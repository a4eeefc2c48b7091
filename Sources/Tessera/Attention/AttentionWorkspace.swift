import CTesseraKernels

/// A worker's memory for one item of attention, and where its parts lie. Every part begins on a cache line.
struct AttentionWorkspace {
  private let scratch: RowScratch
  private let offsets: Offsets
  /// Elements between the rows of the score tile: a line more than its columns, so that the rows of a group do not fall
  /// into the same sets of the first-level cache.
  let scoresStride: Int

  /// In floats from the worker's first.
  private struct Offsets {
    var packedKeys = 0, packedValues = 0, floatKeys = 0, floatValues = 0, queries = 0, scores = 0, sums = 0
    var maxima = 0, totals = 0, firsts = 0, ends = 0
    var groupFirsts = 0, groupEnds = 0
    var steps = 0, dropouts = 0, factors = 0
  }

  init(_ problem: AttentionProblem, _ tiles: AttentionTiles, threadCount: Int) throws(TesseraError) {
    let keys = min(tiles.keysPerTile, (problem.keyLength + 63) / 64 * 64)
    scoresStride = keys + 16
    let widest = max(problem.headDimension, problem.valueDimension)
    var offsets = Offsets()
    var end = 0
    func take(_ count: Int) -> Int {
      defer { end += (count + 15) / 16 * 16 }
      return end
    }
    if !tiles.isDirect {
      offsets.packedKeys = take(keys * problem.headDimension)
      // Floats may lie with gaps; what is made floats of does not.
      let packsValues =
        problem.keyValueType == .float32
        || AttentionTiles.packsValues(columns: problem.valueDimension, stride: problem.valueDimension)
      offsets.packedValues = take(packsValues ? keys * AttentionTiles.packedColumns(of: problem.valueDimension) : 0)
    }
    if problem.keyValueType != .float32 {
      offsets.floatKeys = take(keys * (tiles.isDirect ? problem.headDimension : widest))
      // Float keys are packed, and done with, before values are converted.
      offsets.floatValues = tiles.isDirect ? take(keys * problem.valueDimension) : offsets.floatKeys
    }
    offsets.queries = take(tiles.rowsPerGroup * problem.headDimension)
    offsets.scores = take(tiles.rowsPerGroup * scoresStride)
    offsets.sums = take(tiles.keyRanges > 1 ? 0 : tiles.rowsPerBlock * problem.valueDimension)
    offsets.maxima = take(tiles.rowsPerBlock)
    offsets.totals = take(tiles.rowsPerBlock)
    offsets.firsts = take(tiles.rowsPerBlock)
    offsets.ends = take(tiles.rowsPerBlock)
    let groups = (tiles.rowsPerBlock + tiles.rowsPerGroup - 1) / tiles.rowsPerGroup
    offsets.groupFirsts = take(groups)
    offsets.groupEnds = take(groups)
    func take<Element>(_ count: Int, of type: Element.Type) -> Int {
      take(count * MemoryLayout<Element>.stride / MemoryLayout<Float>.stride)
    }
    offsets.steps = take(tiles.rowsPerGroup, of: tsr_attention_softmax_f32.self)
    offsets.factors = take(tiles.rowsPerGroup)
    offsets.dropouts = take(problem.dropout == nil ? 0 : tiles.rowsPerGroup, of: tsr_dropout.self)
    self.offsets = offsets
    scratch = try RowScratch(columns: end, threadCount: threadCount)
  }

  var byteCount: Int { scratch.byteCount }

  func memory(ofWorker index: Int) -> Memory {
    let start = scratch.row(ofWorker: index)
    func structures<Element>(_ offset: Int, of type: Element.Type) -> UnsafeMutablePointer<Element> {
      UnsafeMutableRawPointer(start + offset).assumingMemoryBound(to: type)
    }
    return Memory(
      packedKeys: start + offsets.packedKeys, packedValues: start + offsets.packedValues,
      floatKeys: start + offsets.floatKeys, floatValues: start + offsets.floatValues,
      queries: start + offsets.queries, scores: start + offsets.scores, sums: start + offsets.sums,
      maxima: start + offsets.maxima, totals: start + offsets.totals,
      firsts: structures(offsets.firsts, of: Int32.self),
      ends: structures(offsets.ends, of: Int32.self), groupFirsts: structures(offsets.groupFirsts, of: Int32.self),
      groupEnds: structures(offsets.groupEnds, of: Int32.self),
      steps: structures(offsets.steps, of: tsr_attention_softmax_f32.self),
      dropouts: structures(offsets.dropouts, of: tsr_dropout.self), factors: start + offsets.factors)
  }

  /// One worker's part.
  struct Memory {
    /// Of the present tile: panels of columns (keys), D deep; and of Dv columns, as deep as the tile has keys.
    let packedKeys, packedValues: UnsafeMutablePointer<Float>
    /// Of the present tile, where keys and values are not stored as floats: keys × D, and keys × Dv.
    let floatKeys, floatValues: UnsafeMutablePointer<Float>
    /// A group's rows × D.
    let queries: UnsafeMutablePointer<Float>
    /// A group's rows × keys of a tile.
    let scores: UnsafeMutablePointer<Float>
    /// Of the item's rows: Σ weight · value, rows × Dv. Those of a part of the keys lie elsewhere.
    var sums: UnsafeMutablePointer<Float>
    /// Of the item's rows: the largest score so far, before the softmax's scale, and Σ exp(scale · (s − maximum)).
    var maxima, totals: UnsafeMutablePointer<Float>
    /// Of the item's rows: the first visible key and one past the last, within the item's keys; equal where none is.
    let firsts, ends: UnsafeMutablePointer<Int32>
    /// The same of the item's groups of rows: from the first to the last that one of the rows sees.
    let groupFirsts, groupEnds: UnsafeMutablePointer<Int32>
    /// What a group's rows are called with: their steps of the softmax, and their dropouts where the problem has one.
    let steps: UnsafeMutablePointer<tsr_attention_softmax_f32>
    let dropouts: UnsafeMutablePointer<tsr_dropout>
    /// Of a group's rows, where the product with values finishes them: 1 / total, or 0.
    let factors: UnsafeMutablePointer<Float>
  }
}
