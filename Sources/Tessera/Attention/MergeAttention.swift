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
    partition = RowPartition(rows: rows, bytesPerRow: 3 * (columns * 4 + 4))
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
      for row in rows { merge(row, columns, operands) }
      let moved = residency.traffic(rows: rows.count)
      worker.traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
    }
    context.ledger?.record(
      .mergeAttention, extents: [.rows: layouts.first.rows, .columns: columns], mode: .training, traffic: traffic)
  }

  private func merge(_ row: Int, _ columns: Int, _ operands: Operands) {
    let (first, second) = (operands.firstLogSumExp[row], operands.secondLogSumExp[row])
    let greatest = max(first, second)
    func weight(_ logSumExp: Float) -> Float {
      logSumExp == -.infinity ? 0 : Float(exponential(Double(logSumExp) - Double(greatest)))
    }
    let (firstWeight, secondWeight) = (weight(first), weight(second))
    let total = firstWeight + secondWeight
    func address(_ layout: MatrixLayout) -> Int { layout.offset + row * layout.rowStride }
    if columns > 0 {
      let output = operands.output.baseAddress! + address(layouts.output)
      let firstRow = operands.first.baseAddress! + address(layouts.first)
      let secondRow = operands.second.baseAddress! + address(layouts.second)
      // What a part that saw nothing holds, NaN included, is not read.
      switch (firstWeight == 0 && first == -.infinity, secondWeight == 0 && second == -.infinity) {
      case (true, true): output.update(repeating: 0, count: columns)
      case (false, true): kernels.scale(columns, 1, firstRow, output)
      case (true, false): kernels.scale(columns, 1, secondRow, output)
      case (false, false):
        kernels.scale(columns, firstWeight / total, firstRow, output)
        kernels.add(secondWeight / total, secondRow, to: output, count: columns)
      }
    }
    operands.logSumExp[row] = total == 0 ? -.infinity : greatest + naturalLogarithm(total)
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
