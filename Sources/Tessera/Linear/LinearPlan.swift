import COpenBLAS

/// A linear map of each row, without its bias: OpenBLAS on our own pool, in panels that the problem fixes.
public struct LinearPlan: Sendable {
  private let input: MatrixLayout
  private let weight: MatrixLayout
  private let output: MatrixLayout
  private let panels: LinearPanels
  private let context: ExecutionContext

  /// input: rows × depth; weight: columns × depth, one row for each output column; output: rows × columns.
  /// Row strides are at least the number of columns. Throws where extents disagree or exceed OpenBLAS's 32-bit sizes.
  public init(
    input: MatrixLayout, weight: MatrixLayout, output: MatrixLayout? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let output = output ?? MatrixLayout(rows: input.rows, columns: weight.rows)
    let name = OperatorDescriptor.linear.name
    for (operand, layout, rows, columns) in [
      ("input", input, input.rows, input.columns), ("weight", weight, weight.rows, input.columns),
      ("output", output, input.rows, weight.rows),
    ] {
      try layout.checkForOpenBLAS(rows: rows, columns: columns, operation: name, operand: operand)
    }
    self.input = input
    self.weight = weight
    self.output = output
    self.context = try ExecutionContext.resolve(context)
    panels = LinearPanels(rows: output.rows, columns: output.columns)
    try OperatorDescriptor.linear.checkSize([.rows: output.rows, .columns: output.columns, .depth: input.columns])
    try OpenBLAS.prepare()
  }

  /// output[r][c] = Σ_k input[r][k] · weight[c][k]; zeros where depth is 0. `output` shares memory with neither.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try weight.withBuffer { weight throws(TesseraError) in
        try output.withMutableBuffer { output throws(TesseraError) in
          try run(input: input, weight: weight, output: output)
        }
      }
    }
  }

  func run(
    input x: UnsafeBufferPointer<Float>, weight w: UnsafeBufferPointer<Float>,
    output y: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let descriptor = OperatorDescriptor.linear
    func check(_ operand: String, _ layout: MatrixLayout, _ count: Int) throws(TesseraError) {
      try layout.check(
        rows: layout.rows, columns: layout.columns, count: count, written: operand == "output",
        operation: descriptor.name, operand: operand)
    }
    try check("input", input, x.count)
    try check("weight", weight, w.count)
    try check("output", output, y.count)
    try checkOverlap(
      descriptor, reads: [PlacedMatrix("input", x, input), PlacedMatrix("weight", w, weight)],
      writes: [PlacedMatrix("output", UnsafeBufferPointer(y), output)])
    context.pool.run(itemCount: panels.count) { item, _ in
      let (rows, columns) = panels[item]
      let target = y.baseAddress! + output.offset + rows.lowerBound * output.rowStride + columns.lowerBound
      guard input.columns > 0 else {
        for row in 0..<rows.count { (target + row * output.rowStride).update(repeating: 0, count: columns.count) }
        return
      }
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows.count), Int32(columns.count), Int32(input.columns), 1,
        x.baseAddress! + input.offset + rows.lowerBound * input.rowStride, input.leadingDimension,
        w.baseAddress! + weight.offset + columns.lowerBound * weight.rowStride, weight.leadingDimension, 0,
        target, output.leadingDimension)
    }
    let extents: Extents = [.rows: output.rows, .columns: output.columns, .depth: input.columns]
    // What OpenBLAS moves cannot be counted from outside: its D is taken as Q, and marked as modelled.
    context.ledger?.record(
      descriptor, extents: extents, mode: .training, traffic: descriptor.leastTraffic(extents, mode: .training))
  }
}

/// A linear map in one call. See `LinearPlan`.
public func linear(
  _ input: Span<Float>, _ inputLayout: MatrixLayout, weight: Span<Float>, weightLayout: MatrixLayout,
  output: consuming MutableSpan<Float>, outputLayout: MatrixLayout? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  try LinearPlan(input: inputLayout, weight: weightLayout, output: outputLayout, context: context)
    .run(input, weight: weight, output: output)
}
