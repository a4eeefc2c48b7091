import CTesseraKernels

/// What the gradients of the scores as the softmax takes them add to those of bias and slopes, row by row.
extension AttentionGradientWork {
  /// Where the elements of the bias's gradient for query 0 of a head begin; nil where it is not wanted.
  @inline(__always)
  private func biasGradient(ofPlane plane: Int) -> (first: UnsafeMutablePointer<Float>, rowStride: Int)? {
    guard let first = operands.pointee.biasGradient, let layout = plan.problem.gradients.bias else { return nil }
    return (first + layout.start(ofPlane: plane), layout.rowStride)
  }

  /// Of a bias that all queries of a head share, which add to its gradient: makes it 0 for the present tile's keys, if
  /// nobody has added to it.
  mutating func beginBias(ofMember member: Int) {
    let plane = sequence * plan.problem.queryHeads + keyValueHead * plan.problem.groupSize + member
    guard queryLength > 0, let target = biasGradient(ofPlane: plane), target.rowStride == 0 else { return }
    traffic.writtenBytes += room.count * floatBytes
    if biasBegins[plane] {
      (target.first + room.lowerBound).update(repeating: 0, count: room.count)
    } else {
      traffic.readBytes += room.count * floatBytes
    }
  }

  /// Of a tile of queries that see nothing of the present tile: makes 0 what nobody has written.
  mutating func clearBias(_ queries: QueryTile) {
    guard let target = biasGradient(ofPlane: queries.plane), target.rowStride != 0, biasBegins[queries.plane] else {
      return
    }
    for query in queries.queries {
      (target.first + query * target.rowStride + room.lowerBound).update(repeating: 0, count: room.count)
    }
    traffic.writtenBytes += queries.queries.count * room.count * floatBytes
  }

  /// Before the rows of a tile of queries of which some see something.
  func beginSoftmaxGradients(_ queries: QueryTile) {
    guard softmaxGradients != nil else { return }
    memory.biasSums.update(repeating: 0, count: room.count)
    guard slopeSums != nil else { return }
    // 0 less −1 · |distance|, from where the tile's first key is from its last query.
    let (count, last) = (tile.count + queries.queries.count - 1, queryStart + queries.queries.upperBound - 1)
    memory.distances.update(repeating: 0, count: count)
    plan.kernels.alibi(count, -1, tile.lowerBound - last, memory.distances)
  }

  /// Adds a row of a tile of queries to the gradients that are wanted; `column` is the key that its scores begin with.
  @inline(__always)
  func useSoftmaxGradients(ofRow row: Int, of queries: QueryTile, from column: Int) {
    guard let softmaxGradients else { return }
    let visible = memory.keys(ofRow: row)
    addToBias(UnsafePointer(softmaxGradients) + (visible.lowerBound - column), of: visible, row, queries)
    guard let slopeSums, !visible.isEmpty else { return }
    var product: Float = 0
    withUnsafeMutablePointer(to: &product) { product in
      var rows = tsr_attention_row_products_f32()
      rows.rows = 1
      rows.columns = visible.count
      rows.left = UnsafePointer(softmaxGradients) + (visible.lowerBound - column)
      rows.right = UnsafePointer(
        memory.distances + (visible.lowerBound - tile.lowerBound) + (queries.queries.count - 1 - row))
      rows.products = product
      plan.gradientKernels.row_products(&rows)
    }
    slopeSums[queries.member] += Double(product)
  }

  /// bias-gradient += gradients, of the keys that a row sees; where nobody has added to them, all of the present tile
  /// are written.
  private func addToBias(
    _ gradients: UnsafePointer<Float>, of visible: Range<Int>, _ row: Int, _ queries: QueryTile
  ) {
    guard let target = biasGradient(ofPlane: queries.plane) else { return }
    if target.rowStride == 0 {
      if visible.isEmpty { return }
      return plan.kernels.bias(visible.count, gradients, memory.biasSums + (visible.lowerBound - room.lowerBound))
    }
    let first = target.first + (queries.queries.lowerBound + row) * target.rowStride
    guard biasBegins[queries.plane] else {
      if visible.isEmpty { return }
      return plan.kernels.bias(visible.count, gradients, first + visible.lowerBound)
    }
    guard !visible.isEmpty else { return (first + room.lowerBound).update(repeating: 0, count: room.count) }
    (first + room.lowerBound).update(repeating: 0, count: visible.lowerBound - room.lowerBound)
    plan.kernels.scale(visible.count, 1, gradients, first + visible.lowerBound)
    (first + visible.upperBound).update(repeating: 0, count: room.upperBound - visible.upperBound)
  }

  /// After the rows of a tile of queries: their sums, where all queries share the bias; and what the rows moved.
  mutating func endSoftmaxGradients(_ queries: QueryTile) {
    guard let target = biasGradient(ofPlane: queries.plane) else { return }
    guard target.rowStride != 0 else {
      return plan.kernels.bias(room.count, memory.biasSums, target.first + room.lowerBound)
    }
    if biasBegins[queries.plane] {
      traffic.writtenBytes += queries.queries.count * room.count * floatBytes
      return
    }
    for row in 0..<queries.queries.count {
      let bytes = memory.keys(ofRow: row).count * floatBytes
      traffic.readBytes += bytes
      traffic.writtenBytes += bytes
    }
  }
}
