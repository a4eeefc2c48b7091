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
  private let rows: CacheAppendRows

  /// What keys are turned by.
  public struct Rotation: Sendable {
    public var table: RotaryTable
    public var pairing: RotaryPairing

    public init(_ table: RotaryTable, pairing: RotaryPairing) { (self.table, self.pairing) = (table, pairing) }
  }

  /// A plan for steps of `sequences` sequences with keys.rows / sequences tokens each. Throws where layouts do not fit
  /// the cache's shape, or the table rotates more columns than a head has.
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
    if let rotation { try Self.check(rotation.table, headDimension: shape.headDimension) }
    (self.keys, self.values, self.shape, self.sequences) = (keys, values, shape, sequences)
    self.rotation = rotation
    self.rows = try CacheAppendRows(
      keys: keys.heads(shape.keyValueHeads, sequences: sequences),
      values: values.heads(shape.keyValueHeads, sequences: sequences), heads: shape.keyValueHeads,
      capacity: shape.capacity, type: shape.type, rotation: rotation, context: ExecutionContext.resolve(context))
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
    rows.run(
      keys: newKeys, values: newValues, cachedKeys: cachedKeys, cachedValues: cachedValues, sequences: step.sequences,
      starts: step.starts)
  }

  static func check(_ table: RotaryTable, headDimension: Int) throws(TesseraError) {
    guard table.rotatedColumns <= headDimension else {
      throw invalid("rotation", expected: "at most \(headDimension) columns", actual: "\(table.rotatedColumns)")
    }
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

  private static let name = OperatorDescriptor.cacheAppend(.float32).name

  private static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: name, operand: operand, expected: expected, actual: actual)
  }
}

extension MatrixLayout {
  /// The heads of token rows: a plane for each head of each sequence, and a row for each of its tokens. Unlike
  /// elsewhere strides may be negative.
  fileprivate func heads(_ heads: Int, sequences: Int) -> BatchedMatrixLayout {
    let (count, width) = (sequences == 0 ? 0 : rows / sequences, heads == 0 ? 0 : columns / heads)
    return BatchedMatrixLayout(
      planes: sequences.multipliedReportingOverflow(by: heads).partialValue, innerPlanes: max(1, heads), rows: count,
      columns: width,
      outerStride: count.multipliedReportingOverflow(by: rowStride).partialValue, innerStride: width,
      rowStride: rowStride, offset: offset)
  }
}
