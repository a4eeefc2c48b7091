import CTesseraKernels

/// A tile of queries: what it begins with, and what it adds to the gradients of keys and values.
extension AttentionGradientWork {
  @inline(__always)
  func query(_ tile: QueryTile, row: Int) -> UnsafePointer<Float> {
    let layout = plan.problem.queries
    let query = tile.queries.lowerBound + row
    return operands.pointee.forward.queries! + layout.start(of: queryPlace, head: tile.head, row: query)
  }

  @inline(__always)
  func outputGradient(_ tile: QueryTile, row: Int) -> UnsafePointer<Float> {
    let layout = plan.problem.gradients.output
    let query = tile.queries.lowerBound + row
    return operands.pointee.outputGradient! + layout.start(of: queryPlace, head: tile.head, row: query)
  }

  /// Makes the products output-gradient · output of all the item's queries, and their gradients 0, where no earlier
  /// item has done that.
  mutating func beginQueries() {
    let problem = plan.problem
    slopeSums?.update(repeating: 0, count: problem.groupSize)
    guard queryLength > 0, !followsItem else { return countQueries() }
    for member in 0..<problem.groupSize {
      let head = QueryTile(member: member, queries: 0..<queryLength, of: self)
      var rows = tsr_attention_row_products_f32()
      rows.rows = queryLength
      rows.columns = problem.valueDimension
      rows.left = outputGradient(head, row: 0)
      rows.left_stride = problem.gradients.output.rowStride
      rows.right = operands.pointee.output! + problem.output.start(of: queryPlace, head: head.head)
      rows.right_stride = problem.output.rowStride
      rows.products = products + member * queryLength
      plan.gradientKernels.row_products(&rows)
      let target = queriesGradient(head, query: 0)
      for query in 0..<queryLength {
        (target.first + query * target.stride).update(repeating: 0, count: problem.headDimension)
      }
    }
    countQueries()
  }

  /// values-gradient += probabilitiesᵀ · output-gradient, keys-gradient += (gradients of scores)ᵀ · queries, of the
  /// rows of a tile of queries. Computed transposed: then probabilities are the right operand, and lie as it has to; a
  /// panel's width of them at a time, which stays in the first-level cache while all rows pass it.
  mutating func addToKeys(from queries: QueryTile, over columns: Range<Int>, seen: Range<Int>) {
    // At the edges of masks and documents rows at either end of a tile see nothing of it.
    let seeing = memory.seeingRows(of: 0..<queries.queries.count)
    let count = seeing.count
    var isWhole = plan.problem.booleanMask == nil && modifier == nil && blocks == nil
    for row in seeing {
      let visible = memory.keys(ofRow: row)
      if visible.lowerBound > seen.lowerBound || visible.upperBound < seen.upperBound { isWhole = false }
    }
    let (problem, stride) = (plan.problem, plan.sizes.keysStride)
    for (allRows, layout, transposed, allWeights, sums) in [
      (
        outputGradient(queries, row: 0), problem.gradients.output, memory.gradientColumns, memory.scores,
        memory.valueSums
      ),
      (query(queries, row: 0), problem.queries, memory.queryColumns, memory.scoreGradients, memory.keySums),
    ] {
      let rows = allRows + seeing.lowerBound * layout.rowStride
      let weights = allWeights + seeing.lowerBound * stride
      guard isWhole || areFinite(rows, rows: count, layout) else {
        addVisible(allRows, layout, allWeights, of: queries, from: columns.lowerBound, to: sums)
        continue
      }
      transpose(rows, layout, count: count, into: transposed)
      var block = tsr_contraction_block_f32()
      block.rows = layout.columns
      block.depth = count
      block.left = UnsafePointer(transposed)
      block.left_stride = AttentionGradientPartition.queriesPerTile
      (block.right_stride, block.output_stride, block.addend_stride) = (stride, stride, stride)
      (block.addend_last, block.resident) = (true, true)
      let panel = plan.contraction.panelColumns
      for first in Swift.stride(from: seen.lowerBound, to: seen.upperBound, by: panel) {
        block.columns = min(panel, seen.upperBound - first)
        block.right = UnsafePointer(weights + (first - columns.lowerBound))
        block.output = sums + (first - tile.lowerBound)
        block.addend = UnsafePointer(block.output)
        plan.contraction.block(&block)
      }
    }
  }

  /// target[c][r] = rows[r][c]
  private func transpose(
    _ rows: UnsafePointer<Float>, _ layout: BatchedMatrixLayout, count: Int, into target: UnsafeMutablePointer<Float>
  ) {
    var call = tsr_contraction_rows_f32()
    call.rows = layout.columns
    call.depth = count
    call.left = rows
    call.row_stride = 1
    call.depth_stride = layout.rowStride
    call.packed = target
    call.packed_stride = AttentionGradientPartition.queriesPerTile
    plan.contraction.rows(&call)
  }

  /// sums[c][key] += weights[r][key] · rows[r][c], row by row over the keys that each sees and no others: 0 times NaN
  /// or infinity is NaN.
  private func addVisible(
    _ rows: UnsafePointer<Float>, _ layout: BatchedMatrixLayout, _ weights: UnsafeMutablePointer<Float>,
    of queries: QueryTile, from column: Int, to sums: UnsafeMutablePointer<Float>
  ) {
    let stride = plan.sizes.keysStride
    for row in 0..<queries.queries.count {
      let (values, weights) = (rows + row * layout.rowStride, weights + row * stride)
      for key in memory.keys(ofRow: row) where sees(key, row: row, of: queries) {
        let (weight, target) = (weights[key - column], sums + (key - tile.lowerBound))
        for index in 0..<layout.columns { target[index * stride] += weight * values[index] }
      }
    }
  }
}
