/// The column of each row's greatest element, planned. `run` takes no working memory.
///
///     output[r] = the least c with input[r][c] = max input[r][c′]
///
/// NaN is passed over; a row of nothing but NaN gives 0, and so does one of no columns. −0 and 0 are equal.
public struct ArgmaxPlan: Sendable {
  private let layout: MatrixLayout
  private let partition: RowPartition
  private let context: ExecutionContext

  /// Throws for a layout that does not fit, or whose columns' numbers are not Int32's.
  public init(input: MatrixLayout, context: ExecutionContext? = nil) throws(TesseraError) {
    self.context = try .resolve(context)
    try checkLogits(input, count: .max, operation: "argmax")
    layout = input
    partition = RowPartition(rows: input.rows, bytesPerRow: input.columns * MemoryLayout<Float>.stride)
  }

  /// output: an element a row. Throws before anything is written where a span is too short.
  public func run(_ input: Span<Float>, output: consuming MutableSpan<Int32>) throws(TesseraError) {
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try output.withMutableBuffer { output throws(TesseraError) in try run(input: input, output: output) }
    }
  }

  func run(input: UnsafeBufferPointer<Float>, output: UnsafeMutableBufferPointer<Int32>) throws(TesseraError) {
    try checkDrawn(.argmax, input, layout, output)
    let traffic = context.pool.run(itemCount: partition.itemCount) { item, worker in
      let rows = partition.rows(ofItem: item)
      for row in rows {
        output[row] = logits(input, layout, row).map { Int32(firstGreatest($0, count: layout.columns)) } ?? 0
      }
      worker.count(
        readBytes: ElementType.float32.byteCount(ofElements: rows.count * layout.columns),
        writtenBytes: ElementType.int32.byteCount(ofElements: rows.count))
    }
    context.ledger?.record(
      .argmax, extents: [.rows: layout.rows, .columns: layout.columns], mode: .inference, traffic: traffic)
  }
}

/// output[r] = the column of the greatest element of input[r], in one call. See `ArgmaxPlan`.
public func argmax(
  _ input: Span<Float>, _ layout: MatrixLayout, output: consuming MutableSpan<Int32>, context: ExecutionContext? = nil
) throws(TesseraError) {
  try ArgmaxPlan(input: layout, context: context).run(input, output: output)
}
