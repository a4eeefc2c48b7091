import CTesseraKernels

/// Tiles for few rows: keys and values are multiplied where they lie, or where floats have been made of them.
struct AttentionDirectTiles: AttentionTiles {
  var present: KeyValueTile
  private let products: AttentionProducts
  private let memory: UnsafeMutablePointer<Float>
  private let parts: Parts

  /// Where floats of keys and values begin, where a tile's own sums do, and where all ends.
  private struct Parts {
    var values = 0, sums = 0, end = 0

    @inline(__always)
    init(_ type: ElementType, width: Int, valueWidth: Int, keys: Int) {
      if type != .float32 {
        values = wholeLines(keys * width)
        sums = values + wholeLines(keys * valueWidth)
      }
      end = sums + wholeLines(AttentionPartition.mostDirectRows * valueWidth)
    }
  }

  /// Runs of keys, four a tile, are longer than the pages at whose ends the hardware prefetcher stops, and stay in the
  /// second-level cache for a second group of rows. Long caches are read in tiles of 512, which leave memory idle less
  /// often; where keys are few, threads want more ranges. What floats are made of takes half a MiB at most.
  static func keysPerTile(of problem: AttentionProblem) -> Int {
    let (width, valueWidth) = (problem.headDimension, problem.valueDimension)
    guard problem.keyValueType == .float32 else {
      return min(256, KeyValueRanges.granuleStart(of: (512 << 10) / (4 * (width + valueWidth))))
    }
    let heads = max(1, problem.keyValueHeads)
    let wantedRanges = (split.items + heads - 1) / heads
    let isLong = problem.keyLength >= 512 * wantedRanges && max(width, valueWidth) <= 128
    return isLong ? 512 : 256
  }

  /// Ranges of one tile save two threads some µs over longer ones: 128 keys at least let every tile be one.
  static var split: AttentionPartition.Split { .init(items: 64, leastKeys: 128, isAlone: true) }

  static func memoryCount(for problem: AttentionProblem, keys: Int) -> Int {
    Parts(problem.keyValueType, width: problem.headDimension, valueWidth: problem.valueDimension, keys: keys).end
  }

  static var tilesHeld: Int { 1 }
  var readsWholeTiles: Bool { products.keyValueType != .float32 }
  static var copiesQueries: Bool { true }
  static var finishesRows: Bool { false }

  @inline(__always)
  init(
    _ item: AttentionItem, _ source: KeyValueSource, _ products: AttentionProducts,
    _ memory: UnsafeMutablePointer<Float>
  ) {
    present = KeyValueTile(item, source, products, memory)
    (self.products, self.memory) = (products, memory)
    parts = Parts(
      products.keyValueType, width: products.headDimension, valueWidth: products.valueDimension,
      keys: products.keysPerTile)
  }

  @inline(__always)
  mutating func load(_ keys: Range<Int>, from first: Int, of source: KeyValueSource) {
    present.find(keys, from: first, in: source)
    present.loadKeys(products, of: source, in: memory)
    present.loadValues(products, of: source, in: memory + parts.values)
  }

  func multiplyKeys(
    _ part: Range<Int>, by queries: UnsafePointer<Float>, rows: Int, into scores: UnsafeMutablePointer<Float>,
    asking ahead: RowsAhead?
  ) {
    var tile = tsr_attention_scores_f32()
    tile.rows = rows
    tile.count = part.count
    tile.depth = products.headDimension
    tile.queries = queries
    tile.keys = present.key(part.lowerBound)
    tile.keys_stride = present.keyStride
    tile.scores = scores
    tile.scores_stride = products.scoresStride
    products.kernels.scores(&tile)
  }

  func multiplyValues(_ part: Range<Int>, by weights: UnsafePointer<Float>, rows: Int, into sums: WeightedSums) {
    // The kernel adds to what the output holds. A tile has sums of its own, so that errors of many tiles do not grow as
    // those of one chain over all keys.
    let count = rows * products.valueDimension
    let output = sums.addend == nil ? sums.output : memory + parts.sums
    output.update(repeating: 0, count: count)
    var tile = tsr_attention_values_f32()
    tile.rows = rows
    tile.count = part.count
    tile.columns = products.valueDimension
    tile.weights = weights
    tile.weights_stride = products.scoresStride
    tile.values = present.value(part.lowerBound)
    tile.values_stride = present.valueStride
    tile.output = output
    products.kernels.values(&tile)
    if sums.addend != nil { products.kernels.add(1, UnsafePointer(output), to: sums.output, count: count) }
  }
}

/// Floats in whole cache lines, on which every part of a worker's memory begins.
@inline(__always)
package func wholeLines(_ floats: Int) -> Int { (floats + 15) / 16 * 16 }
