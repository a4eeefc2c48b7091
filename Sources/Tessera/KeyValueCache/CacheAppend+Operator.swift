extension OperatorDescriptor {
  /// New keys, their first columns rotated, and values into a cache of this type; of `rotatedColumns` nil is all. FLOPs
  /// are the rotation's. Of the table Q counts the rows of one sequence: others may stand at the same positions.
  public static func cacheAppend(_ type: ElementType, rotatedColumns: Int? = nil) -> OperatorDescriptor {
    let content = type == .float32 ? Operand.Content.values : .stored
    func ofRotated(_ coefficient: Int, _ extents: [Extent]) -> Count {
      rotatedColumns.map { Count(coefficient * $0, extents) } ?? Count(coefficient, extents + [.headDimension])
    }
    return OperatorDescriptor(
      name: "cache-append", operatorClass: .elementWise, fuses: ["rotary-embedding"],
      formula: "cached-keys[b][h][p mod capacity] = rotary(keys[b][h][i], p),"
        + "  cached-values[b][h][p mod capacity] = values[b][h][i],  p = start[b] + i",
      floatingPointOperations: ofRotated(3, [.batch, .queryLength, .keyValueHeads]),
      reads: [
        Operand("keys", .heads(.keyValueHeads, rows: .queryLength, columns: .headDimension)),
        Operand("values", .heads(.keyValueHeads, rows: .queryLength, columns: .valueDimension)),
      ],
      writes: [
        Operand(
          "cached-keys", .heads(.keyValueHeads, rows: .queryLength, columns: .headDimension), type, content: content),
        Operand(
          "cached-values", .heads(.keyValueHeads, rows: .queryLength, columns: .valueDimension), type, content: content),
      ],
      constants: [Operand("table", .matrix(.queryLength, .headDimension), leastCount: ofRotated(1, [.queryLength]))],
      options: [.rotary])
  }
}

extension OperatorEntry {
  /// New tokens into a float32 cache of one layer with room for them and no more, so that every slot is written:
  /// positions go on past its end, as a rolling window's do.
  static let cacheAppend = OperatorEntry(
    .cacheAppend(.float32), variants: RotaryEmbeddingKernels.variants.map(\.instructionSet),
    describe: { request in
      let width = request.extents[.headDimension]
      let rotated = request.rotary.rotated(of: width)
      // What is out of range is described as the whole, and refused when the call is planned.
      guard rotated != width, (0...maximumElementCount).contains(rotated) else { return .cacheAppend(.float32) }
      return .cacheAppend(.float32, rotatedColumns: rotated)
    }
  ) { request, context throws(TesseraError) in
    let call = try CacheAppendCall(request, context: context)
    return PreparedOperator(workspaceBytes: call.table.byteCount, run: call.run)
  }
}

/// A call whose cache is an operand.
private struct CacheAppendCall {
  let table: RotaryTable
  private let keys: BatchedMatrixLayout
  private let values: BatchedMatrixLayout
  private let batch: Int
  private let starts: [Int]?
  private let rows: CacheAppendRows

  init(_ request: OperatorRequest, context: ExecutionContext) throws(TesseraError) {
    let (extents, options) = (request.extents, request.rotary)
    let (batch, heads, length) = (extents[.batch], extents[.keyValueHeads], extents[.queryLength])
    func layout(_ operand: String, _ width: Int) throws(TesseraError) -> BatchedMatrixLayout {
      let layout =
        request.batchedLayouts[operand]
        ?? BatchedMatrixLayout(
          planes: batch.multipliedReportingOverflow(by: heads).partialValue, rows: length, columns: width)
      try layout.checkHeads(
        batch: batch, heads: heads, rows: length, columns: width, operation: Self.name, operand: operand)
      return layout
    }
    keys = try layout("keys", extents[.headDimension])
    values = try layout("values", extents[.valueDimension])
    (self.batch, starts) = (batch, options.starts)
    if let starts, starts.count != batch || starts.contains(where: { $0 < 0 }) {
      throw .invalidOperand(
        operation: Self.name, operand: "starts", expected: "a position from 0 for each of \(batch) sequences",
        actual: "\(starts)")
    }
    let (last, overflow) = (options.starts?.max() ?? 0).addingReportingOverflow(length)
    table = try RotaryTable(
      positions: overflow ? .max : last, rotatedColumns: options.rotated(of: keys.columns), base: options.base,
      frequencyScale: options.frequencyScale, divisors: options.divisors)
    try CacheAppendPlan.check(table, headDimension: keys.columns)
    rows = try CacheAppendRows(
      keys: keys, values: values, heads: heads, capacity: length, type: .float32,
      rotation: .init(table, pairing: options.pairing), context: context)
  }

  func run(_ buffers: OperandBuffers) throws(TesseraError) {
    let (newKeys, newValues) = (buffers.input("keys"), buffers.input("values"))
    let (cachedKeys, cachedValues) = (buffers.output("cached-keys"), buffers.output("cached-values"))
    for (operand, count, expected) in [
      ("keys", newKeys.count, keys.requiredCount!), ("values", newValues.count, values.requiredCount!),
      ("cached-keys", cachedKeys.count, keys.planes * keys.rows * keys.columns),
      ("cached-values", cachedValues.count, values.planes * values.rows * values.columns),
    ] {
      try checkVector(count, expected: expected, operation: Self.name, operand: operand)
    }
    try checkOverlap(
      operation: Self.name,
      reads: [PlacedMatrix("keys", newKeys, keys), PlacedMatrix("values", newValues, values)],
      writes: [
        PlacedMatrix("cached-keys", UnsafeBufferPointer(cachedKeys), keys.contiguous),
        PlacedMatrix("cached-values", UnsafeBufferPointer(cachedValues), values.contiguous),
      ])
    // Lists as long as the batch are made only where memory of that size is.
    let isEmpty = cachedKeys.isEmpty && cachedValues.isEmpty
    rows.run(
      keys: newKeys, values: newValues, cachedKeys: UnsafeMutableRawBufferPointer(cachedKeys),
      cachedValues: UnsafeMutableRawBufferPointer(cachedValues), sequences: isEmpty ? [] : Array(0..<batch),
      starts: isEmpty ? [] : starts ?? [Int](repeating: 0, count: batch))
  }

  private static let name = OperatorDescriptor.cacheAppend(.float32).name
}

extension BatchedMatrixLayout {
  fileprivate var contiguous: BatchedMatrixLayout { .init(planes: planes, rows: rows, columns: columns) }
}

extension PlacedMatrix {
  /// The memory from the first element to the last, gaps included.
  fileprivate init(_ name: String, _ buffer: UnsafeBufferPointer<Float>, _ layout: BatchedMatrixLayout) {
    let count = layout.requiredCount!
    let offset = count == 0 ? 0 : layout.offset
    self.init(name, buffer, MatrixLayout(rows: 1, columns: count - offset, rowStride: 0, offset: offset))
  }
}
