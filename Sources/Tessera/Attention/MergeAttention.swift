import CTesseraKernels

/// Merging two results of attention over different keys of the same queries, planned.
///
///     log-sum-exp = ln(exp(l₁) + exp(l₂));  output = exp(l₁ − log-sum-exp) · first + exp(l₂ − log-sum-exp) · second
///
/// Rows are queries of any number of heads and sequences; the order of the two does not matter but for rounding. A part
/// whose log-sum-exp is −inf saw no key of that row: its output is not read. Rabe and Staats 2021, section 3.
public struct MergeAttentionPlan: Sendable {
  private let layouts: Layouts
  private let kernels: AttentionKernels
  private let residency: RowResidency
  private let partition: RowPartition
  private let usesNonTemporalStores: Bool
  /// Rows whose weights are found before their columns are added, while the next as many are asked for.
  private let rowsPerGroup: Int
  /// Floats of a part in a group: two groups of both parts take half of a small first-level cache (32 KiB).
  private static let floatsAhead = 1024
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
    func stream(_ name: String) -> RowResidency.Stream { .init(name, bytes: columns * 4 + 4, .perRow) }
    residency = RowResidency(
      passes: [.init(reads: [stream("first"), stream("second")], writes: [stream("output")])],
      capacity: context.fastMemoryBytes)
    let bytesPerRow = 3 * (columns * 4 + 4)
    partition = RowPartition(rows: rows, bytesPerRow: bytesPerRow)
    usesNonTemporalStores = rows * bytesPerRow > context.fastMemoryBytes
    rowsPerGroup = max(1, min(64, Self.floatsAhead / max(1, columns)))
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
    try check(operands)
    let columns = layouts.first.columns
    let traffic = context.pool.run(itemCount: partition.itemCount, order: .neighbouring) { item, worker in
      let rows = partition.rows(ofItem: item)
      merge(rows, operands)
      let moved = residency.traffic(rows: rows.count)
      worker.traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
    }
    context.ledger?.record(
      .mergeAttention, extents: [.rows: layouts.first.rows, .columns: columns], mode: .training, traffic: traffic)
  }

  private func merge(_ rows: Range<Int>, _ operands: Operands) {
    // In place the lines are in the caches when they are stored.
    let streams = usesNonTemporalStores && operands.first.baseAddress != UnsafePointer(operands.output.baseAddress)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * rowsPerGroup) { weights in
      var start = rows.lowerBound
      while start < rows.upperBound {
        let group = start..<min(start + rowsPerGroup, rows.upperBound)
        for row in group {
          prefetch(row + rowsPerGroup, operands)
          let index = 2 * (row - start)
          (weights[index], weights[index + 1]) = mergeLogSumExp(row, operands)
        }
        blend(group, UnsafePointer(weights.baseAddress!), operands, streams: streams)
        start = group.upperBound
      }
    }
    if streams { tsr_processor_stream_fence() }
  }

  /// Asks for a row of both parts, because memory would be idle while a group's weights are computed.
  private func prefetch(_ row: Int, _ operands: Operands) {
    guard row < layouts.first.rows, layouts.first.columns > 0 else { return }
    let columns = min(layouts.first.columns, Self.floatsAhead)
    let first = operands.first.baseAddress! + layouts.first.offset + row * layouts.first.rowStride
    let second = operands.second.baseAddress! + layouts.second.offset + row * layouts.second.rowStride
    tsr_processor_prefetch(first, 1, columns, 0)
    tsr_processor_prefetch(second, 1, columns, 0)
  }

  /// Stores the row's log-sum-exp and returns the weights of its parts: -1 for a part that saw nothing, because what its
  /// output holds, NaN included, is not read.
  private func mergeLogSumExp(_ row: Int, _ operands: Operands) -> (Float, Float) {
    let (first, second) = (operands.firstLogSumExp[row], operands.secondLogSumExp[row])
    let greatest = max(first, second)
    func weight(_ logSumExp: Float) -> Float {
      if logSumExp == -.infinity { return 0 }
      // The greatest's is e⁰, which need not be computed.
      if logSumExp == greatest, greatest.isFinite { return 1 }
      return Float(exponential(Double(logSumExp) - Double(greatest)))
    }
    let (firstWeight, secondWeight) = (weight(first), weight(second))
    let total = firstWeight + secondWeight
    operands.logSumExp[row] = total == 0 ? -.infinity : greatest + naturalLogarithm(total)
    return (first == -.infinity ? -1 : firstWeight / total, second == -.infinity ? -1 : secondWeight / total)
  }

  private func blend(
    _ rows: Range<Int>, _ weights: UnsafePointer<Float>, _ operands: Operands, streams: Bool
  ) {
    guard layouts.first.columns > 0 else { return }
    func offset(_ layout: MatrixLayout) -> Int { layout.offset + rows.lowerBound * layout.rowStride }
    var block = tsr_attention_blend_f32()
    (block.rows, block.columns) = (rows.count, layouts.first.columns)
    block.weights = weights
    block.first = operands.first.baseAddress! + offset(layouts.first)
    block.second = operands.second.baseAddress! + offset(layouts.second)
    block.output = operands.output.baseAddress! + offset(layouts.output)
    block.first_stride = layouts.first.rowStride
    block.second_stride = layouts.second.rowStride
    block.output_stride = layouts.output.rowStride
    block.streaming = streams
    kernels.blend(&block)
  }

  private func check(_ operands: Operands) throws(TesseraError) {
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
    try checkOverlap(
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

extension OperatorDescriptor {
  /// Two results of attention over different keys as one.
  public static let mergeAttention = OperatorDescriptor(
    name: "merge-attention", operatorClass: .elementWise,
    formula: """
      log-sum-exp[r] = ln(exp(l₁[r]) + exp(l₂[r])); \
      output[r][c] = exp(l₁[r] − log-sum-exp[r]) · first[r][c] + exp(l₂[r] − log-sum-exp[r]) · second[r][c]
      """,
    floatingPointOperations: Count(3, .rows, .columns),
    reads: [
      Operand("first", .matrix(.rows, .columns)),
      Operand("first-log-sum-exp", .vector(.rows), role: .rowStatistic),
      Operand("second", .matrix(.rows, .columns)),
      Operand("second-log-sum-exp", .vector(.rows), role: .rowStatistic),
    ],
    writes: [
      Operand("output", .matrix(.rows, .columns)), Operand("log-sum-exp", .vector(.rows), role: .rowStatistic),
    ], aliasing: ["output": ["first"], "log-sum-exp": ["first-log-sum-exp"]])
}

extension OperatorEntry {
  static let mergeAttention = OperatorEntry(
    .mergeAttention, variants: AttentionKernels.variants.map(\.instructionSet)
  ) { request, context throws(TesseraError) in
    let (rows, columns) = (request.extents[.rows], request.extents[.columns])
    let plan = try MergeAttentionPlan(
      first: request.layout("first", rows: rows, columns: columns),
      second: request.layout("second", rows: rows, columns: columns),
      output: request.layout("output", rows: rows, columns: columns), context: context)
    return PreparedOperator { buffers throws(TesseraError) in
      try plan.run(
        MergeAttentionPlan.Operands(
          first: buffers.input("first"), firstLogSumExp: buffers.input("first-log-sum-exp"),
          second: buffers.input("second"), secondLogSumExp: buffers.input("second-log-sum-exp"),
          output: buffers.output("output"), logSumExp: buffers.output("log-sum-exp")))
    }
  }
}
