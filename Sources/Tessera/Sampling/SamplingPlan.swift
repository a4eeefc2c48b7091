/// A column of each row of logits, drawn: options, work items and a workspace a thread.
///
///     output[r] = the least c with Σ_{c′ ≤ c} w[c′] > u[r] · Σ w,  w[c] = exp((logit[c] − max logit) / temperature)
///
/// w is 0 for columns that top-k, top-p or min-p leave out; u[r] is `SamplingOptions.uniform`. Of equal logits the
/// columns before others are kept. NaN counts as −inf. Where the greatest logit is not finite, or the temperature is 0,
/// it is taken as `ArgmaxPlan` takes it; a row of no columns gives 0.
///
/// A plan holds its workspace, so one plan runs one call at a time. `run` takes no working memory.
public final class SamplingPlan {
  public let options: SamplingOptions
  /// Bytes of all threads.
  public var workspaceBytes: Int { workspace.byteCount }

  private let layout: MatrixLayout
  private let workspace: SamplingWorkspace
  private let partition: RowPartition
  private let residency: RowResidency
  private let context: ExecutionContext

  /// Throws for a layout that does not fit and for options that cannot be.
  public init(
    input: MatrixLayout, options: SamplingOptions, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    try options.check()
    try checkLogits(input, count: .max, operation: "sampling")
    self.options = options
    self.context = context
    layout = input
    workspace = try SamplingWorkspace(columns: input.columns, context: context)
    let rowBytes = ElementType.float32.byteCount(ofElements: input.columns)
    let source = RowResidency.Stream("input", bytes: rowBytes, .perRow)
    let logits = RowResidency.Stream("logits", bytes: rowBytes, .scratch)
    let weights = RowResidency.Stream("weights", bytes: rowBytes, .scratch)
    // What a draw from all columns does, of whose weights only the sums of blocks, and the block that is drawn, are
    // read again; kept ones are few, and their lists short.
    residency = RowResidency(
      passes: [
        .init(reads: [source], writes: [logits]), .init(reads: [logits], writes: [weights]),
      ], capacity: context.fastMemoryBytes)
    partition = RowPartition(rows: input.rows, bytesPerRow: input.columns * MemoryLayout<Float>.stride)
  }

  /// Draws a column for each row.
  ///
  /// - Parameters:
  ///   - recent: Rows' tokens that the penalty is for, as many for each row, one row after the other; −1 stands for
  ///     none, and one that occurs twice counts once. Only read where there is a penalty.
  ///   - sequence: The first row's sequence; those after it have the numbers that follow.
  ///   - step: Tells the draws of a sequence apart, as its length does.
  ///   - output: An element a row. Shares memory with nothing that is read.
  ///
  /// Throws before anything is written where a span is too short or a recent token is not a column.
  public func run(
    _ input: Span<Float>, recent: Span<Int32>? = nil, sequence: UInt32 = 0, step: UInt32,
    output: consuming MutableSpan<Int32>
  ) throws(TesseraError) {
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try Tessera.withBuffer(recent) { recent throws(TesseraError) in
        try output.withMutableBuffer { output throws(TesseraError) in
          try run(input: input, recent: recent, sequence: sequence, step: step, output: output)
        }
      }
    }
  }

  func run(
    input: UnsafeBufferPointer<Float>, recent: UnsafeBufferPointer<Int32>, sequence: UInt32, step: UInt32,
    output: UnsafeMutableBufferPointer<Int32>
  ) throws(TesseraError) {
    try checkDrawn(.sampling, input, layout, output)
    let recentCount = try recentCount(recent)
    let (columns, options) = (layout.columns, options)
    let traffic = context.pool.run(itemCount: partition.itemCount) { item, worker in
      let rows = partition.rows(ofItem: item)
      let room = workspace.row(ofWorker: worker.index)
      for row in rows {
        guard let start = logits(input, layout, row) else {
          output[row] = 0
          continue
        }
        let draw = RowDraw(start, columns: columns, options, room)
        if options.repetitionPenalty != 1 {
          draw.penalize(UnsafeBufferPointer(rebasing: recent[row * recentCount..<(row + 1) * recentCount]))
        }
        output[row] = Int32(
          draw.column(at: options.uniform(sequence: sequence &+ UInt32(truncatingIfNeeded: row), step: step)))
      }
      let moved = residency.traffic(rows: rows.count)
      worker.count(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes + 4 * rows.count)
    }
    context.ledger?.record(
      .sampling, extents: [.rows: layout.rows, .columns: columns], mode: .inference, traffic: traffic)
  }

  /// Recent tokens of each row.
  private func recentCount(_ recent: UnsafeBufferPointer<Int32>) throws(TesseraError) -> Int {
    guard options.repetitionPenalty != 1, !recent.isEmpty else { return 0 }
    guard layout.rows > 0, recent.count % layout.rows == 0 else {
      throw .invalidOperand(
        operation: "sampling", operand: "recent", expected: "as many for each of \(layout.rows) rows",
        actual: "\(recent.count)")
    }
    for token in recent where token < -1 || Int(token) >= layout.columns {
      throw .invalidOperand(
        operation: "sampling", operand: "recent", expected: "columns from 0 to \(layout.columns - 1), or -1",
        actual: "\(token)")
    }
    return recent.count / layout.rows
  }
}
