import CTesseraKernels

/// The products of one group of rows with the present tile.
extension KeyTile {
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
      plan.kernels.add(
        scores[key - part.lowerBound], firstValue + (key - keys.lowerBound) * valueStride, to: sums, count: columns)
    }
  }
}
