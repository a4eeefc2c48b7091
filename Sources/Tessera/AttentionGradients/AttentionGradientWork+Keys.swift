import CTesseraKernels

/// The present tile of keys and values: packed, summed up, stored.
extension AttentionGradientWork {
  var keyStride: Int { plan.problem.keys.rowStride }

  @inline(__always)
  func key(_ key: Int) -> UnsafePointer<Float> {
    floats(operands.pointee.forward.source.run(containing: key, sequence: sequence, head: keyValueHead).firstKey)
      + key * keyStride
  }

  func value(_ key: Int) -> UnsafePointer<Float> {
    floats(operands.pointee.forward.source.run(containing: key, sequence: sequence, head: keyValueHead).firstValue)
      + key * plan.problem.values.rowStride
  }

  private func floats(_ start: UnsafeRawPointer) -> UnsafePointer<Float> { start.assumingMemoryBound(to: Float.self) }

  /// Packs the tile's keys and values, and begins its sums.
  mutating func loadKeys() {
    let sizes = plan.sizes
    var pack = tsr_contraction_pack_f32()
    pack.columns = tile.count
    pack.depth_stride = 1
    pack.depth = sizes.headDimension
    pack.right = key(tile.lowerBound)
    pack.column_stride = keyStride
    pack.packed = memory.keys
    plan.contraction.pack(&pack)
    pack.depth = sizes.valueDimension
    pack.right = value(tile.lowerBound)
    pack.column_stride = plan.problem.values.rowStride
    pack.packed = memory.values
    plan.contraction.pack(&pack)
    if sizes.packsKeyRows {
      pack.depth = tile.count
      pack.columns = sizes.headDimension
      pack.right = key(tile.lowerBound)
      pack.depth_stride = keyStride
      pack.column_stride = 1
      pack.packed = memory.keyRows
      plan.contraction.pack(&pack)
    }
    memory.keySums.update(repeating: 0, count: sizes.headDimension * sizes.keysStride)
    memory.valueSums.update(repeating: 0, count: sizes.valueDimension * sizes.keysStride)
    countTile()
  }

  /// Stores the gradients of the keys and values that there is room for: 0 of those that no query sees.
  mutating func storeKeys(_ room: Range<Int>, isLoaded: Bool) {
    let gradients = plan.problem.gradients
    let operands = operands.pointee
    store(memory.keySums, gradients.keys, operands.keysGradient, room, isLoaded: isLoaded)
    store(memory.valueSums, gradients.values, operands.valuesGradient, room, isLoaded: isLoaded)
    let columns = plan.problem.headDimension + plan.problem.valueDimension
    traffic.writtenBytes += room.count * columns * MemoryLayout<Float>.stride
  }

  private func store(
    _ sums: UnsafeMutablePointer<Float>, _ layout: BatchedMatrixLayout, _ output: UnsafeMutablePointer<Float>?,
    _ room: Range<Int>, isLoaded: Bool
  ) {
    let place = SequencePlace(keysOf: sequence, in: plan.problem)
    let first = output! + layout.start(of: place, head: keyValueHead)
    let summed = isLoaded ? tile.count : 0
    if summed > 0 {
      var rows = tsr_contraction_rows_f32()
      rows.rows = summed
      rows.depth = layout.columns
      rows.left = UnsafePointer(sums)
      rows.row_stride = 1
      rows.depth_stride = plan.sizes.keysStride
      rows.packed = memory.rows
      rows.packed_stride = wholeLines(layout.columns)
      plan.contraction.rows(&rows)
    }
    for row in 0..<room.count {
      let target = first + (room.lowerBound + row) * layout.rowStride
      if row < summed {
        plan.kernels.scale(layout.columns, 1, memory.rows + row * wholeLines(layout.columns), target)
      } else {
        target.update(repeating: 0, count: layout.columns)
      }
    }
  }

  /// Whether no key of these is NaN or infinite: then a weight of 0 hides it. The whole tile is looked through once,
  /// and where it will not do, the part.
  mutating func areFinite(_ part: Range<Int>) -> Bool {
    let all = keysAreFinite ?? areFinite(key(tile.lowerBound), rows: tile.count, plan.problem.keys)
    keysAreFinite = all
    return all || areFinite(key(part.lowerBound), rows: part.count, plan.problem.keys)
  }

  func areFinite(_ first: UnsafePointer<Float>, rows: Int, _ layout: BatchedMatrixLayout) -> Bool {
    let finite = plan.kernels.finite!
    if layout.rowStride == layout.columns { return finite(rows * layout.columns, first) }
    return (0..<rows).allSatisfy { finite(layout.columns, first + $0 * layout.rowStride) }
  }
}
