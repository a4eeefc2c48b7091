import CTesseraKernels

/// The present tile of keys and values of one item: packed for the products of many rows, or where they lie,
/// or made floats of.
struct KeyTile {
  /// What of the sequence's keys it has.
  private(set) var keys = 0..<0
  private let sequence: Int
  private let head: Int
  private let dequantize: tsr_f32_dequantize_kernel
  /// The tile's first key and value, as floats: where they lie, or in the workspace.
  private var firstKey: UnsafePointer<Float>
  private var firstValue: UnsafePointer<Float>
  /// Floats between neighbouring keys.
  private let keyStride: Int
  private let valueStride: Int
  /// Whether values are packed.
  private let packsValues: Bool
  /// Whether all of the tile's values are finite, once somebody has asked.
  private var finite: Bool?

  @inline(__always)
  init(_ item: AttentionItem, _ operands: AttentionOperands, _ plan: AttentionPlan) {
    let source = operands.source
    (sequence, head) = (item.sequence, item.keyValueHead)
    dequantize = plan.dequantize
    let isFloat = source.type == .float32
    keyStride = isFloat ? source.keyStride(plan.problem) : plan.problem.headDimension
    valueStride = isFloat ? source.valueStride(plan.problem) : plan.problem.valueDimension
    packsValues =
      !plan.tiles.isDirect && AttentionTiles.packsValues(columns: plan.problem.valueDimension, stride: valueStride)
    // Until the first tile is loaded nothing is read.
    firstKey = UnsafePointer(plan.workspace.memory(ofWorker: 0).queries)
    firstValue = firstKey
  }

  /// Begins work on these keys, of which those before `first` are seen by no row of the item; up to the end of their
  /// range in memory.
  @inline(__always)
  mutating func load(
    _ tile: Range<Int>, from first: Int, of source: KeyValueSource, _ memory: AttentionWorkspace.Memory,
    _ plan: AttentionPlan
  ) {
    // Panels are cut from the tile's first key on; 64 is a multiple of every variant's, and of dropout's 8.
    let start = max(tile.lowerBound, first / 64 * 64)
    let run = source.run(containing: start, sequence: sequence, head: head, plan.problem)
    keys = start..<min(tile.upperBound, run.keys.upperBound)
    finite = nil
    let type = source.type
    func place(_ first: UnsafeRawPointer, _ stride: Int) -> UnsafeRawPointer {
      first + type.byteOffset(ofElement: (start - run.keys.lowerBound) * stride)
    }
    let storedKeys = place(run.firstKey, source.keyStride(plan.problem))
    let storedValues = place(run.firstValue, source.valueStride(plan.problem))
    if type == .float32 {
      firstKey = storedKeys.assumingMemoryBound(to: Float.self)
      firstValue = storedValues.assumingMemoryBound(to: Float.self)
    } else {
      firstKey = convert(
        storedKeys, type, source.keyStride(plan.problem), plan.problem.headDimension, memory.floatKeys)
    }
    if !plan.tiles.isDirect { packKeys(memory, plan) }
    if type != .float32 {
      firstValue = convert(
        storedValues, type, source.valueStride(plan.problem), plan.problem.valueDimension, memory.floatValues)
    }
    if packsValues { packValues(memory, plan) }
  }

  /// The tile's rows as floats without gaps.
  private func convert(
    _ rows: UnsafeRawPointer, _ type: StoredType, _ stride: Int, _ columns: Int, _ floats: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    let step = type.byteOffset(ofElement: stride)
    var call = tsr_dequantize_f32()
    call.type = type.kernelType
    // Rows that follow each other are one.
    let isWhole = stride == columns
    call.count = isWhole ? keys.count * columns : columns
    for row in 0..<(isWhole ? 1 : keys.count) {
      call.stored = (rows + row * step).assumingMemoryBound(to: UInt8.self)
      call.output = floats + row * columns
      dequantize(&call)
    }
    return UnsafePointer(floats)
  }

  private func packKeys(_ memory: AttentionWorkspace.Memory, _ plan: AttentionPlan) {
    var pack = tsr_contraction_pack_f32()
    pack.depth = plan.problem.headDimension
    pack.columns = keys.count
    pack.right = firstKey
    pack.depth_stride = 1
    pack.column_stride = keyStride
    pack.packed = memory.packedKeys
    plan.products.pack(&pack)
  }

  private func packValues(_ memory: AttentionWorkspace.Memory, _ plan: AttentionPlan) {
    var pack = tsr_contraction_pack_f32()
    pack.depth = keys.count
    pack.columns = plan.problem.valueDimension
    pack.right = firstValue
    pack.depth_stride = valueStride
    pack.column_stride = 1
    pack.packed = memory.packedValues
    plan.products.pack(&pack)
  }

  /// The key at or before this one at which scores may begin.
  func align(_ key: Int) -> Int {
    key < keys.lowerBound ? key : keys.lowerBound + (key - keys.lowerBound) / 64 * 64
  }

  /// scores[r] = queries[r] · keys of `part`, which begins where `align` says.
  func scores(
    _ rows: Int, _ part: Range<Int>, of queries: UnsafePointer<Float>, _ memory: AttentionWorkspace.Memory,
    _ plan: AttentionPlan
  ) {
    let depth = plan.problem.headDimension
    if plan.tiles.isDirect {
      var tile = tsr_attention_scores_f32()
      tile.rows = rows
      tile.count = part.count
      tile.depth = depth
      tile.queries = queries
      tile.keys = firstKey + (part.lowerBound - keys.lowerBound) * keyStride
      tile.keys_stride = keyStride
      tile.scores = memory.scores
      tile.scores_stride = plan.workspace.scoresStride
      plan.kernels.scores(&tile)
    } else {
      var block = tsr_contraction_block_f32()
      block.rows = rows
      block.columns = part.count
      block.depth = depth
      block.left = queries
      block.left_stride = depth
      block.right = UnsafePointer(memory.packedKeys + (part.lowerBound - keys.lowerBound) * depth)
      block.right_stride = plan.products.panelColumns
      block.panel_stride = depth * plan.products.panelColumns
      block.output = memory.scores
      block.output_stride = plan.workspace.scoresStride
      plan.products.block(&block)
    }
  }

  /// output[r] = factors[r] · (addend[r] + weights[r] · values of `part`); where rows are few the addend is the output
  /// itself, and there are no factors.
  func multiplyValues(
    _ rows: Int, _ part: Range<Int>, _ weights: UnsafePointer<Float>, _ memory: AttentionWorkspace.Memory,
    _ sums: WeightedSums, _ plan: AttentionPlan
  ) {
    let columns = plan.problem.valueDimension
    if plan.tiles.isDirect {
      var tile = tsr_attention_values_f32()
      tile.rows = rows
      tile.count = part.count
      tile.columns = columns
      tile.weights = weights
      tile.weights_stride = plan.workspace.scoresStride
      tile.values = firstValue + (part.lowerBound - keys.lowerBound) * valueStride
      tile.values_stride = valueStride
      tile.output = sums.output
      plan.kernels.values(&tile)
    } else {
      let panel = plan.products.panelColumns
      var block = tsr_contraction_block_f32()
      block.rows = rows
      block.columns = columns
      block.depth = part.count
      block.left = weights
      block.left_stride = plan.workspace.scoresStride
      let key = part.lowerBound - keys.lowerBound
      if packsValues {
        block.right = UnsafePointer(memory.packedValues + key * panel)
        block.right_stride = panel
        block.panel_stride = keys.count * panel
      } else {
        block.right = firstValue + key * valueStride
        block.right_stride = valueStride
        block.panel_stride = panel
      }
      block.addend = sums.addend
      block.addend_stride = columns
      block.factors = sums.factors
      block.output = sums.output
      block.output_stride = sums.outputStride
      block.streaming = sums.streams
      plan.products.block(&block)
    }
  }

  /// Where a product with values goes, and what it begins with: rows of the sums without gaps, or nothing.
  struct WeightedSums {
    var addend: UnsafePointer<Float>?
    var factors: UnsafePointer<Float>?
    var output: UnsafeMutablePointer<Float>
    var outputStride: Int
    var streams: Bool
  }

  /// Whether no value of these keys is NaN or infinite: then a weight of 0 hides it. The whole tile is looked through
  /// once, and where it will not do, the part.
  mutating func valuesAreFinite(_ part: Range<Int>, _ plan: AttentionPlan) -> Bool {
    let (columns, stride, start) = (plan.problem.valueDimension, valueStride, keys.lowerBound)
    func areFinite(_ keys: Range<Int>) -> Bool {
      let first = firstValue + (keys.lowerBound - start) * stride
      if stride == columns { return plan.kernels.finite(keys.count * columns, first) }
      return (0..<keys.count).allSatisfy { plan.kernels.finite(columns, first + $0 * stride) }
    }
    let all = finite ?? areFinite(keys)
    finite = all
    return all || areFinite(part)
  }

  /// sums += scores · values, over the keys that the row sees and no others: 0 times NaN or infinity is NaN.
  func addVisibleValues(
    _ row: Int, _ place: RowPlace, _ scores: UnsafePointer<Float>, _ part: Range<Int>, _ operands: AttentionOperands,
    _ memory: AttentionWorkspace.Memory, _ sums: UnsafeMutablePointer<Float>, _ plan: AttentionPlan
  ) {
    let columns = plan.problem.valueDimension
    let seen = (Int(memory.firsts[row])..<Int(memory.ends[row])).clamped(to: part)
    for key in seen {
      if let layout = plan.problem.booleanMask,
        operands.mask![layout.start(ofPlane: place.plane) + place.query * layout.rowStride + key] == 0
      {
        continue
      }
      let (weight, value) = (scores[key - part.lowerBound], firstValue + (key - keys.lowerBound) * valueStride)
      for column in 0..<columns { sums[column] += weight * value[column] }
    }
  }
}
