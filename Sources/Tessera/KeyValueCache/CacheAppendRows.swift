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
  /// The distance from a key to the next head's; nil where it is not the same for all.
  private let keyHeadStride: Int?
  private let capacity: Int
  private let type: ElementType
  private let rotation: CacheAppendPlan.Rotation?
  private let rotate: tsr_f32_rotary_embedding_kernel
  private let scratch: RowScratch
  private let descriptor: OperatorDescriptor
  private let context: ExecutionContext

  /// Layouts have the same planes and rows. Throws where scratch does not fit.
  init(
    keys: BatchedMatrixLayout, values: BatchedMatrixLayout, heads: Int, capacity: Int, type: ElementType,
    rotation: CacheAppendPlan.Rotation?, context: ExecutionContext
  ) throws(TesseraError) {
    (self.keys, self.values, self.heads) = (keys, values, heads)
    (self.capacity, self.type, self.rotation, self.context) = (capacity, type, rotation, context)
    let kernels = RotaryEmbeddingKernels.variants.best(for: context.instructionSet)
    rotate = rotation?.pairing == .interleaved ? kernels.interleaved : kernels.half_split
    descriptor = .cacheAppend(type, rotatedColumns: rotation?.table.rotatedColumns ?? 0)
    keyHeadStride = keys.stride(ofHeads: heads)
    let (scratchColumns, overflow) = heads.multipliedReportingOverflow(by: keys.columns)
    scratch = try RowScratch(
      columns: type == .float32 ? 0 : overflow ? .max : scratchColumns, threadCount: context.pool.threadCount)
  }

  /// The first token of the layouts' sequence i is at position starts[i] of the cache's sequence sequences[i], which
  /// has the position in the slot of its remainder by the capacity.
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
        if let newKeys = newKeys.baseAddress, let cachedKeys = cachedKeys.baseAddress {
          storeKeys(
            newKeys + token * keys.rowStride, plane: place * heads, at: position,
            to: cachedKeys + type.byteOffset(ofElement: first * keys.columns), worker.index)
        }
        if let newValues = newValues.baseAddress, let cachedValues = cachedValues.baseAddress {
          storeValues(
            newValues + token * values.rowStride, plane: place * heads,
            to: cachedValues + type.byteOffset(ofElement: first * values.columns))
        }
      }
      worker.count(
        readBytes: itemRows.count * rowBytes.readBytes, writtenBytes: itemRows.count * rowBytes.writtenBytes)
    }
    context.ledger?.record(
      descriptor,
      extents: [
        .batch: sequences.count, .queryLength: count, .keyValueHeads: heads, .headDimension: keys.columns,
        .valueDimension: values.columns,
      ], mode: .inference, traffic: traffic)
  }

  /// A token's keys, rotated where there is a rotation; `cached` is the first head's slot.
  private func storeKeys(
    _ row: UnsafePointer<Float>, plane: Int, at position: Int, to cached: UnsafeMutableRawPointer, _ worker: Int
  ) {
    var block = tsr_rotary_embedding_f32()
    (block.position_count, block.columns) = (1, keys.columns)
    if let rotation {
      block.rotated = rotation.table.rotatedColumns
      block.table = rotation.table.row(ofPosition: position)
    }
    // Heads at one distance from each other are one call.
    let together = keyHeadStride == nil ? 1 : heads
    block.head_count = together
    block.input_head_stride = keyHeadStride ?? 0
    for head in stride(from: 0, to: heads, by: together) {
      block.input = row + keys.start(ofPlane: plane + head)
      guard type == .float32 else {
        block.output = scratch.row(ofWorker: worker)
        block.output_head_stride = keys.columns
        rotate(&block)
        for index in 0..<together {
          type.store(
            block.output + index * keys.columns, count: keys.columns, to: place(cached, head + index, keys.columns))
        }
        continue
      }
      block.output = place(cached, head, keys.columns).assumingMemoryBound(to: Float.self)
      block.output_head_stride = capacity * keys.columns
      rotate(&block)
    }
  }

  private func storeValues(_ row: UnsafePointer<Float>, plane: Int, to cached: UnsafeMutableRawPointer) {
    for head in 0..<heads {
      type.store(
        row + values.start(ofPlane: plane + head), count: values.columns, to: place(cached, head, values.columns))
    }
  }

  private func place(_ cached: UnsafeMutableRawPointer, _ head: Int, _ width: Int) -> UnsafeMutableRawPointer {
    cached + type.byteOffset(ofElement: head * capacity * width)
  }

  /// What a token moves: its keys, its values and the table's row of its position.
  private var rowBytes: (readBytes: Int, writtenBytes: Int) {
    let elements = heads * (keys.columns + values.columns)
    return (
      ElementType.float32.byteCount(ofElements: elements + (rotation?.table.rotatedColumns ?? 0)),
      type.byteOffset(ofElement: elements)
    )
  }
}
