import CTesseraKernels

/// New tokens' heads into the memory of one layer of a cache: what `CacheAppendPlan` and the catalog run.
///
/// Keys and values have a plane for each head of each sequence, a sequence's heads after each other, and a row for each
/// token. Slot p of head h of sequence s of the cache begins at element ((s · Hkv + h) · capacity + p) · D, or · Dv.
/// Memory is not checked. Holds scratch, so one value runs one call at a time.
struct CacheAppendRows {
  private let keys: BatchedMatrixLayout
  private let values: BatchedMatrixLayout
  private let heads: Int
  private let capacity: Int
  private let type: StoredType
  private let rotation: CacheAppendPlan.Rotation?
  private let rotate: tsr_f32_rotary_embedding_kernel
  private let scratch: RowScratch
  private let descriptor: OperatorDescriptor
  private let context: ExecutionContext

  /// Layouts have the same planes and rows. Throws where scratch does not fit.
  init(
    keys: BatchedMatrixLayout, values: BatchedMatrixLayout, heads: Int, capacity: Int, type: StoredType,
    rotation: CacheAppendPlan.Rotation?, context: ExecutionContext
  ) throws(TesseraError) {
    (self.keys, self.values, self.heads) = (keys, values, heads)
    (self.capacity, self.type, self.rotation, self.context) = (capacity, type, rotation, context)
    let kernels = RotaryEmbeddingKernels.variants.best(for: context.instructionSet)
    rotate = rotation?.pairing == .interleaved ? kernels.interleaved : kernels.halfSplit
    descriptor = .cacheAppend(type, rotatedColumns: rotation?.table.rotatedColumns ?? 0)
    scratch = try RowScratch(
      columns: type == .float32 ? 0 : keys.columns, threadCount: context.pool.threadCount)
  }

  /// The first token of the layouts' sequence i is at position starts[i] of the cache's sequence sequences[i], which has
  /// the position in the slot of its remainder by the capacity.
  func run(
    keys newKeys: UnsafeBufferPointer<Float>, values newValues: UnsafeBufferPointer<Float>,
    cachedKeys: UnsafeMutableRawBufferPointer, cachedValues: UnsafeMutableRawBufferPointer, sequences: [Int],
    starts: [Int]
  ) {
    let (count, rowBytes) = (keys.rows, self.rowBytes)
    // Few rows are less work than telling another thread of them.
    let rowsPerItem = max(1, (1 << 16) / max(1, rowBytes.readBytes))
    // Without elements there may be no memory.
    let rows = rowBytes.writtenBytes == 0 ? 0 : sequences.count * count
    let traffic = context.pool.run(itemCount: (rows + rowsPerItem - 1) / rowsPerItem) { item, worker in
      let itemRows = item * rowsPerItem..<min(rows, (item + 1) * rowsPerItem)
      for row in itemRows {
        let (place, token) = row.quotientAndRemainder(dividingBy: count)
        let position = starts[place] + token
        let first = sequences[place] * heads * capacity + position % capacity
        for head in 0..<heads {
          let (plane, slot) = (place * heads + head, first + head * capacity)
          if let newKeys = newKeys.baseAddress, let cachedKeys = cachedKeys.baseAddress {
            store(
              newKeys + keys.start(ofPlane: plane) + token * keys.rowStride, at: position,
              to: cachedKeys + type.byteOffset(ofElement: slot * keys.columns), worker.index)
          }
          if let newValues = newValues.baseAddress, let cachedValues = cachedValues.baseAddress {
            type.store(
              newValues + values.start(ofPlane: plane) + token * values.rowStride, count: values.columns,
              to: cachedValues + type.byteOffset(ofElement: slot * values.columns))
          }
        }
      }
      worker.traffic.pointee.add(
        readBytes: itemRows.count * rowBytes.readBytes, writtenBytes: itemRows.count * rowBytes.writtenBytes)
    }
    context.ledger?.record(
      descriptor,
      extents: [
        .batch: sequences.count, .queryLength: count, .keyValueHeads: heads, .headDimension: keys.columns,
        .valueDimension: values.columns,
      ], mode: .inference, traffic: traffic)
  }

  /// One head's key, rotated where there is a rotation.
  private func store(
    _ key: UnsafePointer<Float>, at position: Int, to cached: UnsafeMutableRawPointer, _ worker: Int
  ) {
    var block = tsr_rotary_embedding_f32()
    (block.position_count, block.head_count) = (1, 1)
    (block.columns, block.input) = (keys.columns, key)
    if let rotation {
      block.rotated = rotation.table.rotatedColumns
      block.table = rotation.table.row(ofPosition: position)
    }
    guard type == .float32 else {
      block.output = scratch.row(ofWorker: worker)
      rotate(&block)
      return type.store(block.output, count: keys.columns, to: cached)
    }
    block.output = cached.assumingMemoryBound(to: Float.self)
    rotate(&block)
  }

  /// What a token moves: its keys, its values and the table's row of its position.
  private var rowBytes: (readBytes: Int, writtenBytes: Int) {
    let elements = heads * (keys.columns + values.columns)
    return (elements * 4 + (rotation?.table.rotatedColumns ?? 0) * 4, type.byteOffset(ofElement: elements))
  }
}
