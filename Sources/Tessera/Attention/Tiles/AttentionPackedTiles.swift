import CTesseraKernels

/// Tiles for many rows: keys are packed into panels for the contraction kernels, and values where they must be.
struct AttentionPackedTiles: AttentionTiles {
  var present: KeyValueTile
  private let products: AttentionProducts
  private let memory: UnsafeMutablePointer<Float>
  private let parts: Parts
  private let packsValues: Bool

  /// Where packed values and the floats made of keys or values begin, and where these end. Packed keys are first.
  private struct Parts {
    let values, floats, end: Int

    @inline(__always)
    init(_ type: ElementType, width: Int, valueWidth: Int, keys: Int) {
      values = wholeLines(keys * width)
      // Floats may lie with gaps; what is made floats of does not.
      let packsValues =
        type == .float32 || AttentionPackedTiles.packsValues(columns: valueWidth, stride: valueWidth)
      floats = values + (packsValues ? wholeLines(keys * AttentionPackedTiles.packedColumns(of: valueWidth)) : 0)
      // Float keys are packed, and done with, before values are converted.
      end = floats + (type == .float32 ? 0 : wholeLines(keys * max(width, valueWidth)))
    }
  }

  /// Packed keys and values take half of a second-level cache of 512 KiB, the smallest that servers have. Longer tiles
  /// make the steps of the online softmax rarer, but 512 scores of a group are what the first level holds.
  static func keysPerTile(of problem: AttentionProblem) -> Int {
    let valueWidth = problem.valueDimension
    let packedWidth =
      packsValues(columns: valueWidth, stride: valueWidth) ? packedColumns(of: valueWidth) : valueWidth
    let packedKeys = (256 << 10) / (4 * (problem.headDimension + packedWidth))
    return min(512, max(KeyValueRanges.granule, KeyValueRanges.granuleStart(of: packedKeys)))
  }

  static var split: AttentionPartition.Split { .init(items: 16, leastKeys: 1024, isAlone: false) }

  static func memoryCount(for problem: AttentionProblem, keys: Int) -> Int {
    Parts(problem.keyValueType, width: problem.headDimension, valueWidth: problem.valueDimension, keys: keys).end
  }

  /// Beside a tile its packed copy, or of values that are not packed the tile before, which is still in the cache.
  static var tilesHeld: Int { 2 }
  var readsWholeTiles: Bool { products.keyValueType != .float32 || packsValues }
  static var copiesQueries: Bool { false }
  static var finishesRows: Bool { true }

  /// Whether values are packed. Those without gaps, of whole vectors of every variant, are multiplied where they lie: a
  /// tile of 512 comes from the caches as fast unpacked.
  private static func packsValues(columns: Int, stride: Int) -> Bool {
    stride != columns || !columns.isMultiple(of: 16)
  }

  /// Columns of packed values: panels have at most 64.
  private static func packedColumns(of columns: Int) -> Int { (columns + 63) / 64 * 64 }

  @inline(__always)
  init(
    _ item: AttentionItem, _ source: KeyValueSource, _ products: AttentionProducts,
    _ memory: UnsafeMutablePointer<Float>
  ) {
    present = KeyValueTile(item, source, products, memory)
    packsValues = Self.packsValues(columns: products.valueDimension, stride: present.valueStride)
    (self.products, self.memory) = (products, memory)
    parts = Parts(
      products.keyValueType, width: products.headDimension, valueWidth: products.valueDimension,
      keys: products.keysPerTile)
  }

  @inline(__always)
  mutating func load(_ keys: Range<Int>, from first: Int, of source: KeyValueSource) {
    present.find(keys, from: first, in: source)
    present.loadKeys(products, of: source, in: memory + parts.floats)
    packKeys()
    present.loadValues(products, of: source, in: memory + parts.floats)
    if packsValues { packValues() }
  }

  private func packKeys() {
    var pack = tsr_contraction_pack_f32()
    pack.depth = products.headDimension
    pack.columns = present.keys.count
    pack.right = present.firstKey
    pack.depth_stride = 1
    pack.column_stride = present.keyStride
    pack.packed = memory
    products.contraction.pack(&pack)
  }

  private func packValues() {
    var pack = tsr_contraction_pack_f32()
    pack.depth = present.keys.count
    pack.columns = products.valueDimension
    pack.right = present.firstValue
    pack.depth_stride = present.valueStride
    pack.column_stride = 1
    pack.packed = memory + parts.values
    products.contraction.pack(&pack)
  }

  func multiplyKeys(
    _ part: Range<Int>, by queries: UnsafePointer<Float>, rows: Int, into scores: UnsafeMutablePointer<Float>,
    asking ahead: RowsAhead?
  ) {
    let (depth, panel) = (products.headDimension, products.contraction.panelColumns)
    var block = tsr_contraction_block_f32()
    block.rows = rows
    block.columns = part.count
    block.depth = depth
    block.left = queries
    block.left_stride = depth
    block.right = UnsafePointer(memory + (part.lowerBound - present.keys.lowerBound) * depth)
    block.right_stride = panel
    block.panel_stride = depth * panel
    block.output = scores
    block.output_stride = products.scoresStride
    RowsAhead.ask(for: ahead, in: &block)
    products.contraction.block(&block)
  }

  func multiplyValues(_ part: Range<Int>, by weights: UnsafePointer<Float>, rows: Int, into sums: WeightedSums) {
    let (columns, panel) = (products.valueDimension, products.contraction.panelColumns)
    var block = tsr_contraction_block_f32()
    block.rows = rows
    block.columns = columns
    block.depth = part.count
    block.left = weights
    block.left_stride = products.scoresStride
    if packsValues {
      let key = part.lowerBound - present.keys.lowerBound
      block.right = UnsafePointer(memory + parts.values + key * panel)
      block.right_stride = panel
      block.panel_stride = present.keys.count * panel
    } else {
      block.right = present.value(part.lowerBound)
      block.right_stride = present.valueStride
      block.panel_stride = panel
    }
    block.addend = sums.addend
    block.addend_stride = columns
    block.addend_last = true
    block.factors = sums.factors
    block.output = sums.output
    block.output_stride = sums.outputStride
    block.streaming = sums.streams
    products.contraction.block(&block)
  }
}
