import CTesseraKernels

/// Rows of an embedding table that is read as a model file stores it, planned.
///
///     output[r][c] = table[ids[r]][c]
///
/// Every variant writes the same bits. Any number of threads may run one plan.
public struct EmbeddingRowsPlan: Sendable {
  private let type: ElementType
  private let vocabulary: Int
  private let output: MatrixLayout
  private let partition: RowPartition
  private let kernel: tsr_f32_dequantize_kernel
  private let descriptor: OperatorDescriptor
  private let context: ExecutionContext

  /// table: vocabulary rows, as long as output's, of elements of `type`, without gaps; output: one row for each id.
  /// Throws where a layout does not fit, or a row is no whole number of blocks.
  public init(
    _ type: ElementType, vocabulary: Int, output: MatrixLayout, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    descriptor = .embeddingRows(type)
    try output.check(
      rows: output.rows, columns: output.columns, count: .max, written: true, operation: descriptor.name,
      operand: "output")
    try type.checkRow(output.columns, operation: descriptor.name, operand: "columns")
    try descriptor.checkSize([.rows: output.rows, .columns: output.columns, .vocabulary: vocabulary])
    (self.type, self.vocabulary, self.output) = (type, vocabulary, output)
    self.context = try ExecutionContext.resolve(context)
    kernel = StoredKernels.variants.best(for: self.context.instructionSet).dequantize
    partition = RowPartition(
      rows: output.columns == 0 ? 0 : output.rows,
      bytesPerRow: type.rowBytes(output.columns) + ElementType.float32.byteCount(ofElements: output.columns))
  }

  /// ids: at least one for each row of output, 0 or more and below the vocabulary. `table` may begin at any address;
  /// `output` shares memory with nothing that is read. Throws before anything is written where memory is short or
  /// shared or an id is not in the table.
  public func run(
    ids: Span<Int32>, table: RawSpan, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try ids.withBuffer { ids throws(TesseraError) in
      try table.withUnsafeBytes { table throws(TesseraError) in
        try output.withMutableBuffer { output throws(TesseraError) in try run(ids: ids, table: table, output: output) }
      }
    }
  }

  func run(
    ids: UnsafeBufferPointer<Int32>, table: UnsafeRawBufferPointer, output y: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    try check(ids, table, y)
    let rowBytes = type.rowBytes(output.columns)
    let traffic = context.pool.run(itemCount: partition.itemCount) { item, worker in
      let rows = partition.rows(ofItem: item)
      for row in rows {
        var call = tsr_dequantize_f32()
        (call.type, call.count) = (type.kernelType, output.columns)
        call.stored = table.baseAddress!.assumingMemoryBound(to: UInt8.self) + Int(ids[row]) * rowBytes
        call.output = y.baseAddress! + output.offset + row * output.rowStride
        kernel(&call)
      }
      worker.count(
        readBytes: rows.count * (rowBytes + MemoryLayout<Int32>.stride),
        writtenBytes: ElementType.float32.byteCount(ofElements: rows.count * output.columns))
    }
    context.ledger?.record(
      descriptor, extents: [.rows: output.rows, .columns: output.columns, .vocabulary: vocabulary], mode: .inference,
      traffic: traffic)
  }

  private func check(
    _ ids: UnsafeBufferPointer<Int32>, _ table: UnsafeRawBufferPointer, _ y: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let (name, tableBytes) = (descriptor.name, vocabulary * type.rowBytes(output.columns))
    try checkVector(ids.count, expected: output.rows, operation: name, operand: "ids")
    guard table.count >= tableBytes else {
      throw .invalidOperand(
        operation: name, operand: "table", expected: "at least \(tableBytes) bytes of \(type.name)",
        actual: "\(table.count)")
    }
    try output.check(
      rows: output.rows, columns: output.columns, count: y.count, written: true, operation: name, operand: "output")
    if let wrong = ids.prefix(output.rows).first(where: { $0 < 0 || Int($0) >= vocabulary }) {
      throw .invalidOperand(
        operation: name, operand: "ids", expected: "numbers of rows, 0 or more and below \(vocabulary)",
        actual: "\(wrong)")
    }
    try checkOverlap(
      descriptor,
      reads: [
        PlacedMatrix("ids", bytes: ids.baseAddress, count: ElementType.int32.byteCount(ofElements: output.rows)),
        PlacedMatrix("table", bytes: table.baseAddress, count: tableBytes),
      ], writes: [PlacedMatrix("output", UnsafeBufferPointer(y), output)])
  }
}
