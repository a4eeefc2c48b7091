import CTesseraKernels

/// The present tile of keys and values of one item: packed for the products of many rows, or where they lie.
struct KeyTile {
  /// What of the sequence's keys it has.
  private(set) var keys = 0..<0
  private let hasKeys: Bool
  private let firstKeys: UnsafePointer<Float>
  private let firstValues: UnsafePointer<Float>
  /// Whether all of the tile's values are finite, once somebody has asked.
  private var finite: Bool?

  init(_ item: AttentionItem, _ operands: AttentionOperands, _ plan: AttentionPlan) {
    let plane = item.sequence * plan.problem.keyValueHeads + item.keyValueHead
    hasKeys = !item.keys.isEmpty
    // Of no keys nothing is read, but a pointer must be stepped from something.
    let nowhere = UnsafePointer(plan.workspace.memory(ofWorker: 0).queries)
    firstKeys = item.keys.isEmpty ? nowhere : operands.keys! + plan.problem.keys.start(ofPlane: plane)
    firstValues = item.keys.isEmpty ? nowhere : operands.values! + plan.problem.values.start(ofPlane: plane)
  }

  /// Begins work on these keys, of which those before `first` are seen by no row of the item.
  mutating func load(
    _ tile: Range<Int>, from first: Int, _ memory: AttentionWorkspace.Memory, _ plan: AttentionPlan
  ) {
    precondition(hasKeys, "a tile of no keys")
    // Panels are cut from the tile's first key on; 64 is a multiple of every variant's, and of dropout's 8.
    let start = max(tile.lowerBound, first / 64 * 64)
    keys = start..<tile.upperBound
    finite = nil
    guard !plan.tiles.isDirect else { return }
    var pack = tsr_contraction_pack_f32()
    pack.depth = plan.problem.headDimension
    pack.columns = keys.count
    pack.right = firstKeys + start * plan.problem.keys.rowStride
    pack.depth_stride = 1
    pack.column_stride = plan.problem.keys.rowStride
    pack.packed = memory.packedKeys
    plan.products.pack(&pack)
    pack.depth = keys.count
    pack.columns = plan.problem.valueDimension
    pack.right = firstValues + start * plan.problem.values.rowStride
    pack.depth_stride = plan.problem.values.rowStride
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
      tile.keys = firstKeys + part.lowerBound * plan.problem.keys.rowStride
      tile.keys_stride = plan.problem.keys.rowStride
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
      block.packed = UnsafePointer(memory.packedKeys + (part.lowerBound - keys.lowerBound) * depth)
      block.packed_depth = depth
      block.output = memory.scores
      block.output_stride = plan.workspace.scoresStride
      plan.products.block(&block)
    }
  }

  /// sums[r] (+)= weights[r] · values of `part`.
  func addValues(
    _ rows: Int, _ part: Range<Int>, _ weights: UnsafePointer<Float>, _ memory: AttentionWorkspace.Memory,
    _ sums: UnsafeMutablePointer<Float>, accumulates: Bool, _ plan: AttentionPlan
  ) {
    let columns = plan.problem.valueDimension
    if plan.tiles.isDirect {
      var tile = tsr_attention_values_f32()
      tile.rows = rows
      tile.count = part.count
      tile.columns = columns
      tile.weights = weights
      tile.weights_stride = plan.workspace.scoresStride
      tile.values = firstValues + part.lowerBound * plan.problem.values.rowStride
      tile.values_stride = plan.problem.values.rowStride
      tile.output = sums
      plan.kernels.values(&tile)
    } else {
      var block = tsr_contraction_block_f32()
      block.rows = rows
      block.columns = columns
      block.depth = part.count
      block.left = weights
      block.left_stride = plan.workspace.scoresStride
      block.packed = UnsafePointer(
        memory.packedValues + (part.lowerBound - keys.lowerBound) * plan.products.panelColumns)
      block.packed_depth = keys.count
      block.output = sums
      block.output_stride = columns
      block.accumulate = accumulates
      plan.products.block(&block)
    }
  }

  /// Whether no value of these keys is NaN or infinite: then a weight of 0 hides it. The whole tile is looked through
  /// once, and where it will not do, the part.
  mutating func valuesAreFinite(_ part: Range<Int>, _ plan: AttentionPlan) -> Bool {
    let (columns, stride) = (plan.problem.valueDimension, plan.problem.values.rowStride)
    func areFinite(_ keys: Range<Int>) -> Bool {
      if stride == columns { return plan.kernels.finite(keys.count * columns, firstValues + keys.lowerBound * stride) }
      return keys.allSatisfy { [firstValues] in plan.kernels.finite(columns, firstValues + $0 * stride) }
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
    let (columns, stride) = (plan.problem.valueDimension, plan.problem.values.rowStride)
    let seen = (Int(memory.firsts[row])..<Int(memory.ends[row])).clamped(to: part)
    for key in seen {
      if let layout = plan.problem.booleanMask,
        operands.mask![layout.start(ofPlane: place.plane) + place.query * layout.rowStride + key] == 0
      {
        continue
      }
      let (weight, value) = (scores[key - part.lowerBound], firstValues + key * stride)
      for column in 0..<columns { sums[column] += weight * value[column] }
    }
  }
}
