/// A worker's memory for one item of the backward pass, and where its parts lie. Every part begins on a cache line.
struct AttentionGradientWorkspace {
  private let scratch: RowScratch
  private let offsets: Offsets

  /// In floats from the worker's first.
  private struct Offsets {
    var keys = 0, keyRows = 0, values = 0, keySums = 0, valueSums = 0, queryColumns = 0, gradientColumns = 0
    var scores = 0, scoreGradients = 0, capped = 0, rows = 0, firsts = 0, ends = 0
    var softmaxGradients = 0, biasSums = 0, distances = 0
    var unmodified = 0, shown = 0
  }

  /// `earlier`: one that is not needed any more.
  init(
    _ sizes: AttentionGradientSetup.Sizes, hasModifier: Bool, threadCount: Int,
    reusing earlier: AttentionGradientWorkspace?
  ) throws(TesseraError) {
    var offsets = Offsets()
    var end = 0
    func take(_ count: Int) -> Int {
      defer { end += wholeLines(count) }
      return end
    }
    let (width, valueWidth, keys) = (sizes.headDimension, sizes.valueDimension, sizes.keysPerTile)
    let queries = AttentionGradientPartition.queriesPerTile
    offsets.keys = take(keys * width)
    offsets.keyRows = take(sizes.packsKeyRows ? keys * ((width + 63) / 64 * 64) : 0)
    offsets.values = take(keys * valueWidth)
    offsets.keySums = take(width * sizes.keysStride)
    offsets.valueSums = take(valueWidth * sizes.keysStride)
    offsets.queryColumns = take(width * queries)
    offsets.gradientColumns = take(valueWidth * queries)
    offsets.scores = take(queries * sizes.keysStride)
    offsets.scoreGradients = take(queries * sizes.keysStride)
    offsets.capped = take(sizes.keysStride)
    offsets.rows = take(keys * wholeLines(max(width, valueWidth)))
    offsets.firsts = take(queries)
    offsets.ends = take(queries)
    offsets.softmaxGradients = take(sizes.keepsSoftmaxGradients ? sizes.keysStride : 0)
    offsets.biasSums = take(sizes.keepsSoftmaxGradients ? sizes.keysStride : 0)
    offsets.distances = take(sizes.keepsSoftmaxGradients ? keys + queries : 0)
    offsets.unmodified = take(hasModifier ? sizes.keysStride : 0)
    // Bytes, four to a float.
    offsets.shown = take(hasModifier ? queries * sizes.keysStride / 4 : 0)
    self.offsets = offsets
    scratch = try RowScratch(columns: end, threadCount: threadCount, reusing: earlier?.scratch)
  }

  var byteCount: Int { scratch.byteCount }

  func memory(ofWorker index: Int) -> Memory {
    let start = scratch.row(ofWorker: index)
    func integers(_ offset: Int) -> UnsafeMutablePointer<Int32> {
      UnsafeMutableRawPointer(start + offset).assumingMemoryBound(to: Int32.self)
    }
    return Memory(
      keys: start + offsets.keys, values: start + offsets.values, keyRows: start + offsets.keyRows,
      keySums: start + offsets.keySums, valueSums: start + offsets.valueSums,
      queryColumns: start + offsets.queryColumns, gradientColumns: start + offsets.gradientColumns,
      scores: start + offsets.scores, scoreGradients: start + offsets.scoreGradients, capped: start + offsets.capped,
      rows: start + offsets.rows, firsts: integers(offsets.firsts), ends: integers(offsets.ends),
      softmaxGradients: start + offsets.softmaxGradients, biasSums: start + offsets.biasSums,
      distances: start + offsets.distances, unmodified: start + offsets.unmodified,
      shown: UnsafeMutableRawPointer(start + offsets.shown).assumingMemoryBound(to: UInt8.self))
  }

  /// One worker's part.
  struct Memory {
    /// The tile's keys and values, packed so that products with them are scores and gradients of probabilities.
    let keys, values: UnsafeMutablePointer<Float>
    /// The keys packed for the product that makes queries' gradients, where they are not used as they lie.
    let keyRows: UnsafeMutablePointer<Float>
    /// The tile's gradients, columns × keys: transposed, so that probabilities are right operands as they lie.
    let keySums, valueSums: UnsafeMutablePointer<Float>
    /// A tile's queries and its rows of the output's gradient, columns × queries.
    let queryColumns, gradientColumns: UnsafeMutablePointer<Float>
    /// A tile's queries × keys: scores, then dropped probabilities; gradients of those, then of scores.
    let scores, scoreGradients: UnsafeMutablePointer<Float>
    /// A row of scores as the softcap left them.
    let capped: UnsafeMutablePointer<Float>
    /// Gradients of keys or values on their way to the output, keys × columns.
    let rows: UnsafeMutablePointer<Float>
    /// The keys of the present tile that each query of a tile sees; both 0 where it sees none.
    let firsts, ends: UnsafeMutablePointer<Int32>
    /// A row's gradients of scores as the softmax takes them.
    let softmaxGradients: UnsafeMutablePointer<Float>
    /// Those added up over a tile's queries, for a bias that all queries share; of the tile's keys.
    let biasSums: UnsafeMutablePointer<Float>
    /// Distances of the tile's keys from the last query of a tile: those from earlier ones begin further on.
    let distances: UnsafeMutablePointer<Float>
    /// A row of scores before a caller's modifier.
    let unmodified: UnsafeMutablePointer<Float>
    /// A tile's queries × keys of the tile: 0 where a modifier or the mask after it hides; written where there is one.
    let shown: UnsafeMutablePointer<UInt8>

    @inline(__always)
    func keys(ofRow row: Int) -> Range<Int> { Int(firsts[row])..<Int(ends[row]) }

    /// From the first to the last of these rows that sees something; empty where none does.
    func seeingRows(of rows: Range<Int>) -> Range<Int> {
      guard let first = rows.first(where: { !keys(ofRow: $0).isEmpty }) else {
        return rows.lowerBound..<rows.lowerBound
      }
      return first..<rows.last(where: { !keys(ofRow: $0).isEmpty })! + 1
    }
  }
}
