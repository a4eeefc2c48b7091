import CTesseraKernels

/// Writes new tokens' keys and values into a cache, the keys rotated on their way, planned.
///
///     cached keys[s][h][p] = type(rotary(keys[s][i][h], p)),  cached values[s][h][p] = type(values[s][i][h])
///     p = start[s] + i
///
/// bfloat16 is rounded to nearest, ties to even. A plan holds scratch, so one plan runs one call at a time.
public final class CacheAppendPlan {
  /// Where rows lie: a row for each token, sequence by sequence, of Hkv · D or Hkv · Dv columns.
  private let keys: MatrixLayout
  private let values: MatrixLayout
  private let shape: KeyValueCacheShape
  private let sequences: Int
  private let rotation: Rotation?
  private let rotate: tsr_f32_rotary_embedding_kernel
  private let scratch: RowScratch
  private let descriptor: OperatorDescriptor
  private let context: ExecutionContext

  /// What keys are turned by.
  public struct Rotation: Sendable {
    public var table: RotaryTable
    public var pairing: RotaryPairing

    public init(_ table: RotaryTable, pairing: RotaryPairing) { (self.table, self.pairing) = (table, pairing) }
  }

  /// For steps of `sequences` sequences with keys.rows / sequences tokens each. Throws where layouts do not fit the
  /// cache's shape, or the table rotates more columns than a head has.
  public init(
    _ shape: KeyValueCacheShape, sequences: Int, keys: MatrixLayout, values: MatrixLayout,
    rotation: Rotation? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    try shape.check()
    let rows = keys.rows
    for (operand, layout, width) in [
      ("keys", keys, shape.headDimension), ("values", values, shape.valueDimension),
    ] {
      try layout.check(
        rows: rows, columns: shape.keyValueHeads * width, count: .max, written: false, operation: Self.name,
        operand: operand)
    }
    guard sequences >= 0, sequences == 0 ? rows == 0 : rows % sequences == 0 else {
      throw Self.invalid("sequences", expected: "a divisor of \(rows) rows", actual: "\(sequences)")
    }
    if let rotation, rotation.table.rotatedColumns > shape.headDimension {
      throw Self.invalid(
        "rotation", expected: "at most \(shape.headDimension) columns", actual: "\(rotation.table.rotatedColumns)")
    }
    let context = try ExecutionContext.resolve(context)
    let kernels = RotaryEmbeddingKernels.variants.best(for: context.instructionSet)
    (self.keys, self.values, self.shape, self.sequences) = (keys, values, shape, sequences)
    (self.rotation, self.context) = (rotation, context)
    descriptor = .cacheAppend(shape.type, rotatedColumns: rotation?.table.rotatedColumns ?? 0)
    rotate = rotation?.pairing == .interleaved ? kernels.interleaved : kernels.halfSplit
    scratch = try RowScratch(
      columns: shape.type == .float32 ? 0 : shape.headDimension, threadCount: context.pool.threadCount)
  }

  /// Throws before anything is written where the step is another's, there is no such layer, a span is too short or
  /// overlaps the cache, or a position is not in the table.
  public func run(
    keys newKeys: Span<Float>, values newValues: Span<Float>, into cache: KeyValueCache, layer: Int,
    step: KeyValueCacheStep
  ) throws(TesseraError) {
    try newKeys.withBuffer { newKeys throws(TesseraError) in
      try newValues.withBuffer { newValues throws(TesseraError) in
        try run(keys: newKeys, values: newValues, into: cache, layer: layer, step: step)
      }
    }
  }

  private func run(
    keys newKeys: UnsafeBufferPointer<Float>, values newValues: UnsafeBufferPointer<Float>,
    into cache: KeyValueCache, layer: Int, step: KeyValueCacheStep
  ) throws(TesseraError) {
    let (cachedKeys, cachedValues) = try cache.memory(ofLayer: layer)
    try check(step, of: cache)
    for (operand, layout, count) in [("keys", keys, newKeys.count), ("values", values, newValues.count)] {
      try layout.check(
        rows: layout.rows, columns: layout.columns, count: count, written: false, operation: Self.name,
        operand: operand)
    }
    try checkOverlap(
      operation: Self.name,
      reads: [PlacedMatrix("keys", newKeys, keys), PlacedMatrix("values", newValues, values)],
      writes: [
        PlacedMatrix("cached keys", bytes: cachedKeys.baseAddress, count: cachedKeys.count),
        PlacedMatrix("cached values", bytes: cachedValues.baseAddress, count: cachedValues.count),
      ])
    let (count, rowBytes) = (step.count, self.rowBytes)
    // Few rows are less work than telling another thread of them.
    let rowsPerItem = max(1, (1 << 16) / max(1, rowBytes.readBytes))
    let rows = keys.rows
    let traffic = context.pool.run(itemCount: (rows + rowsPerItem - 1) / rowsPerItem) { item, worker in
      let itemRows = item * rowsPerItem..<min(rows, (item + 1) * rowsPerItem)
      for row in itemRows {
        let (sequence, token) = row.quotientAndRemainder(dividingBy: count)
        let position = step.starts[sequence] + token
        let first = step.sequences[sequence] * shape.keyValueHeads * shape.capacity + position % shape.capacity
        store(
          newKeys.baseAddress! + keys.offset + row * keys.rowStride, at: position, row: first, cachedKeys.baseAddress!,
          worker.index)
        store(
          newValues.baseAddress! + values.offset + row * values.rowStride, row: first, cachedValues.baseAddress!)
      }
      worker.traffic.pointee.add(
        readBytes: itemRows.count * rowBytes.readBytes, writtenBytes: itemRows.count * rowBytes.writtenBytes)
    }
    context.ledger?.record(
      descriptor,
      extents: [
        .batch: sequences, .queryLength: count, .keyValueHeads: shape.keyValueHeads,
        .headDimension: shape.headDimension, .valueDimension: shape.valueDimension,
      ], mode: .inference, traffic: traffic)
  }

  /// Rotates the heads of one key, where there is a rotation.
  private func store(
    _ key: UnsafePointer<Float>, at position: Int, row: Int, _ cached: UnsafeMutableRawPointer, _ worker: Int
  ) {
    let width = shape.headDimension
    var block = tsr_rotary_embedding_f32()
    (block.position_count, block.head_count) = (1, 1)
    block.columns = width
    if let rotation {
      block.rotated = rotation.table.rotatedColumns
      block.table = rotation.table.row(ofPosition: position)
    }
    for head in 0..<shape.keyValueHeads {
      let target = place(cached, row: row, head: head, width)
      block.input = key + head * width
      guard shape.type == .float32 else {
        block.output = scratch.row(ofWorker: worker)
        rotate(&block)
        shape.type.store(block.output, count: width, to: target)
        continue
      }
      block.output = target.assumingMemoryBound(to: Float.self)
      rotate(&block)
    }
  }

  private func store(_ value: UnsafePointer<Float>, row: Int, _ cached: UnsafeMutableRawPointer) {
    let width = shape.valueDimension
    for head in 0..<shape.keyValueHeads {
      shape.type.store(value + head * width, count: width, to: place(cached, row: row, head: head, width))
    }
  }

  private func place(
    _ cached: UnsafeMutableRawPointer, row: Int, head: Int, _ width: Int
  ) -> UnsafeMutableRawPointer {
    cached + shape.type.byteOffset(ofElement: (row + head * shape.capacity) * width)
  }

  /// What a token moves.
  private var rowBytes: (readBytes: Int, writtenBytes: Int) {
    let elements = shape.keyValueHeads * (shape.headDimension + shape.valueDimension)
    return (elements * 4 + (rotation?.table.rotatedColumns ?? 0) * 4, shape.type.byteOffset(ofElement: elements))
  }

  private func check(_ step: KeyValueCacheStep, of cache: KeyValueCache) throws(TesseraError) {
    guard cache.shape == shape, step.shape == shape else {
      throw Self.invalid("cache", expected: "\(shape)", actual: "\(cache.shape), a step of \(step.shape)")
    }
    guard step.sequences.count == sequences, sequences * step.count == keys.rows else {
      throw Self.invalid(
        "step", expected: "\(sequences) sequences, \(keys.rows) tokens in all",
        actual: "\(step.sequences.count) of \(step.count) each")
    }
    guard let rotation else { return }
    for start in step.starts where start + step.count > rotation.table.positions {
      throw Self.invalid(
        "step", expected: "positions below the table's \(rotation.table.positions)",
        actual: "\(step.count) from \(start) on")
    }
  }

  private static let name = OperatorDescriptor.cacheAppend(.float32, rotatedColumns: 0).name

  private static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: name, operand: operand, expected: expected, actual: actual)
  }
}
