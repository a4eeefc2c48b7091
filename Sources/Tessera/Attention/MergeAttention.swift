import CTesseraKernels

/// Merging two results of attention over different keys of the same queries, planned.
///
///     log-sum-exp = ln(exp(l₁) + exp(l₂));  output = exp(l₁ − log-sum-exp) · first + exp(l₂ − log-sum-exp) · second
///
/// Rows are queries of any number of heads and sequences, in the order of attention's log-sum-exps, B × Hq × Lq: its
/// outputs must lie heads first. The order of the two parts does not matter but for rounding. A part
/// whose log-sum-exp is −inf saw no key of that row: its output is not read. Rabe and Staats 2021, section 3.
public struct MergeAttentionPlan: Sendable {
  private let layouts: Layouts
  private let kernels: AttentionKernels
  private let residency: RowResidency
  private let partition: RowPartition
  private let usesNonTemporalStores: Bool
  private let context: ExecutionContext

  struct Layouts: Sendable {
    var first, second, output: MatrixLayout
  }

  /// Matrices of rows × Dv; `second` and the output lie without gaps unless given. Throws where they disagree.
  public init(
    first: MatrixLayout, second: MatrixLayout? = nil, output: MatrixLayout? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let name = OperatorDescriptor.mergeAttention.name
    let (rows, columns) = (first.rows, first.columns)
    let layouts = Layouts(first: first, second: second ?? first.contiguous, output: output ?? first.contiguous)
    for (operand, layout, written) in [
      ("first", layouts.first, false), ("second", layouts.second, false), ("output", layouts.output, true),
    ] {
      try layout.check(
        rows: rows, columns: columns, count: .max, written: written, operation: name, operand: operand)
    }
    let context = try ExecutionContext.resolve(context)
    self.layouts = layouts
    self.context = context
    kernels = AttentionKernels.variants.best(for: context.instructionSet)
    // A row of each matrix, and its log-sum-exp.
    // With its log-sum-exp.
    let rowBytes = ElementType.float32.byteCount(ofElements: columns + 1)
    func stream(_ name: String) -> RowResidency.Stream { .init(name, bytes: rowBytes, .perRow) }
    residency = RowResidency(
      passes: [.init(reads: [stream("first"), stream("second")], writes: [stream("output")])],
      capacity: context.fastMemoryBytes)
    let bytesPerRow = 3 * rowBytes
    partition = RowPartition(rows: rows, bytesPerRow: bytesPerRow)
    usesNonTemporalStores = rows * bytesPerRow > context.fastMemoryBytes
  }

  /// Log-sum-exps have one element a row. The output may be the memory of `first`, and so may its log-sum-exps, in
  /// calls through unsafe spans of the same memory. Throws before anything is written where a span does not fit.
  public func run(
    first: Span<Float>, firstLogSumExp: Span<Float>, second: Span<Float>, secondLogSumExp: Span<Float>,
    output: consuming MutableSpan<Float>, logSumExp: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    var logSumExp = logSumExp
    try first.withBuffer { first throws(TesseraError) in
      try firstLogSumExp.withBuffer { firstLogSumExp throws(TesseraError) in
        try second.withBuffer { second throws(TesseraError) in
          try secondLogSumExp.withBuffer { secondLogSumExp throws(TesseraError) in
            try output.withMutableBuffer { output throws(TesseraError) in
              try logSumExp.withMutableBuffer { logSumExp throws(TesseraError) in
                try run(
                  Operands(
                    first: first, firstLogSumExp: firstLogSumExp, second: second, secondLogSumExp: secondLogSumExp,
                    output: output, logSumExp: logSumExp))
              }
            }
          }
        }
      }
    }
  }

  struct Operands {
    var first, firstLogSumExp, second, secondLogSumExp: UnsafeBufferPointer<Float>
    var output, logSumExp: UnsafeMutableBufferPointer<Float>
  }

  func run(_ operands: Operands) throws(TesseraError) {
    let streams = try !check(operands) && usesNonTemporalStores
    let columns = layouts.first.columns
    let traffic = context.pool.run(itemCount: partition.itemCount, order: .neighbouring) { item, worker in
      let rows = partition.rows(ofItem: item)
      merge(rows, operands, streams: streams)
      worker.count(residency.traffic(rows: rows.count))
    }
    context.ledger?.record(
      .mergeAttention, extents: [.rows: layouts.first.rows, .columns: columns], mode: .training, traffic: traffic)
  }

  private func merge(_ rows: Range<Int>, _ operands: Operands, streams: Bool) {
    func offset(_ layout: MatrixLayout) -> Int { layout.offset + rows.lowerBound * layout.rowStride }
    var block = tsr_attention_merge_f32()
    (block.rows, block.columns) = (rows.count, layouts.first.columns)
    // Rows without columns may have no memory.
    block.first = operands.first.baseAddress.map { $0 + offset(layouts.first) }
    block.second = operands.second.baseAddress.map { $0 + offset(layouts.second) }
    block.output = operands.output.baseAddress.map { $0 + offset(layouts.output) }
    block.first_stride = layouts.first.rowStride
    block.second_stride = layouts.second.rowStride
    block.output_stride = layouts.output.rowStride
    block.first_log_sum_exp = operands.firstLogSumExp.baseAddress! + rows.lowerBound
    block.second_log_sum_exp = operands.secondLogSumExp.baseAddress! + rows.lowerBound
    block.log_sum_exp = operands.logSumExp.baseAddress! + rows.lowerBound
    block.streaming = streams
    kernels.merge(&block)
    if block.streaming { tsr_processor_stream_fence() }
  }

  /// Whether the call is in place.
  private func check(_ operands: Operands) throws(TesseraError) -> Bool {
    let descriptor = OperatorDescriptor.mergeAttention
    let (rows, columns) = (layouts.first.rows, layouts.first.columns)
    for (operand, layout, count, written) in [
      ("first", layouts.first, operands.first.count, false), ("second", layouts.second, operands.second.count, false),
      ("output", layouts.output, operands.output.count, true),
    ] {
      try layout.check(
        rows: rows, columns: columns, count: count, written: written, operation: descriptor.name, operand: operand)
    }
    for (operand, count) in [
      ("first-log-sum-exp", operands.firstLogSumExp.count), ("second-log-sum-exp", operands.secondLogSumExp.count),
      ("log-sum-exp", operands.logSumExp.count),
    ] {
      try checkVector(count, expected: rows, operation: descriptor.name, operand: operand)
    }
    func rowValues(_ name: String, _ start: UnsafePointer<Float>?) -> PlacedMatrix {
      PlacedMatrix(name, start, MatrixLayout(rows: 1, columns: rows))
    }
    return try checkOverlap(
      descriptor,
      reads: [
        PlacedMatrix("first", operands.first, layouts.first), PlacedMatrix("second", operands.second, layouts.second),
        rowValues("first-log-sum-exp", operands.firstLogSumExp.baseAddress),
        rowValues("second-log-sum-exp", operands.secondLogSumExp.baseAddress),
      ],
      writes: [
        PlacedMatrix("output", UnsafeBufferPointer(operands.output), layouts.output),
        rowValues("log-sum-exp", UnsafePointer(operands.logSumExp.baseAddress)),
      ])
  }
}

/// Merges two results of attention over different keys in one call; see `MergeAttentionPlan`.
public func mergeAttention(
  rows: Int, valueDimension: Int, first: Span<Float>, firstLogSumExp: Span<Float>, second: Span<Float>,
  secondLogSumExp: Span<Float>, output: consuming MutableSpan<Float>, logSumExp: consuming MutableSpan<Float>,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  try MergeAttentionPlan(first: MatrixLayout(rows: rows, columns: valueDimension), context: context).run(
    first: first, firstLogSumExp: firstLogSumExp, second: second, secondLogSumExp: secondLogSumExp, output: output,
    logSumExp: logSumExp)
}
