/// The gradient of a linear map's weights, and of its bias if it has one, planned.
///
///     weightGradient[c][k] = Σ_r outputGradient[r][c] · input[r][k], or that added to what weightGradient holds
///     biasGradient[c] = Σ_r outputGradient[r][c], or likewise
///
/// Each element of the weights' gradient is one chain of multiply-adds over r in ascending order, that begins with what
/// it is added to. The bias's is summed while the product has the rows at hand, sixteen at a time in float and those in
/// double. The bits depend on neither the number of threads nor on how the product is cut.
/// A plan has working memory: it runs one call at a time.
public final class LinearWeightGradientPlan {
  private let outputGradient: MatrixLayout
  private let input: MatrixLayout
  private let weightGradient: MatrixLayout
  private let accumulates: Bool
  private let descriptor: OperatorDescriptor
  private let product: GemmPlan
  private let workspace: GemmWorkspace
  /// The bias gradient on its way; nil of a map without bias.
  private let sums: AlignedBuffer<Double>?
  private let context: ExecutionContext

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { workspace.byteCount + sumBytes }
  /// That without what it may share.
  var sumBytes: Int { (sums?.count ?? 0) * MemoryLayout<Double>.stride }

  private var extents: Extents {
    [.rows: input.rows, .columns: outputGradient.columns, .depth: input.columns]
  }

  /// outputGradient: rows × columns; input: rows × depth, what the map was applied to; weightGradient: columns × depth.
  /// What is read may have any row stride. `accumulates`: gradients are added to what is there, as over the parts of a
  /// batch. `hasBias`: there is a bias, whose gradient is computed too. `workspace`, of at least the context's threads,
  /// may be shared with plans that do not run at the same time; nil takes one. Throws where extents disagree or do not
  /// fit in memory.
  public init(
    outputGradient: MatrixLayout, input: MatrixLayout, weightGradient: MatrixLayout? = nil, accumulates: Bool = false,
    hasBias: Bool = true, workspace: GemmWorkspace? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let descriptor = OperatorDescriptor.linearWeightGradient(accumulates: accumulates, hasBias: hasBias)
    let (rows, columns, depth) = (outputGradient.rows, outputGradient.columns, input.columns)
    let weightGradient = weightGradient ?? MatrixLayout(rows: columns, columns: depth)
    try outputGradient.check(
      rows: rows, columns: columns, count: .max, written: false, operation: descriptor.name, operand: "output-gradient")
    try input.check(
      rows: rows, columns: depth, count: .max, written: false, operation: descriptor.name, operand: "input")
    try weightGradient.check(
      rows: columns, columns: depth, count: .max, written: true, operation: descriptor.name, operand: "weight-gradient")
    try descriptor.checkSize([.rows: rows, .columns: columns, .depth: depth])
    let context = try ExecutionContext.resolve(context)
    (self.outputGradient, self.input, self.weightGradient) = (outputGradient, input, weightGradient)
    (self.accumulates, self.descriptor, self.context) = (accumulates, descriptor, context)
    self.workspace = workspace ?? GemmWorkspace(threadCount: context.pool.threadCount)
    sums = hasBias ? try AlignedBuffer(uninitializedCount: columns) : nil
    product = try GemmPlan(
      GemmProblem(
        rows: columns, columns: depth, depth: rows, leftRowStride: 1, leftDepthStride: outputGradient.rowStride,
        right: .columns(stride: input.rowStride), outputRowStride: weightGradient.rowStride, accumulates: accumulates),
      workspace: self.workspace, context: context)
  }

  /// For a plan without bias. Without rows zeros, or what is there. What is written shares memory with nothing else.
  /// Throws before anything is written.
  public func run(
    _ outputGradient: Span<Float>, input: Span<Float>, weightGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var weightGradient = weightGradient
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try input.withBuffer { input throws(TesseraError) in
        try weightGradient.withMutableBuffer { weightGradient throws(TesseraError) in
          try run(outputGradient: outputGradient, input: input, weightGradient: weightGradient, biasGradient: nil)
        }
      }
    }
  }

  /// The same for a plan with a bias, whose gradient has columns values.
  public func run(
    _ outputGradient: Span<Float>, input: Span<Float>, weightGradient: consuming MutableSpan<Float>,
    biasGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var weightGradient = weightGradient
    var biasGradient = biasGradient
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try input.withBuffer { input throws(TesseraError) in
        try weightGradient.withMutableBuffer { weightGradient throws(TesseraError) in
          try biasGradient.withMutableBuffer { biasGradient throws(TesseraError) in
            try run(
              outputGradient: outputGradient, input: input, weightGradient: weightGradient, biasGradient: biasGradient)
          }
        }
      }
    }
  }

  func run(
    outputGradient dY: UnsafeBufferPointer<Float>, input x: UnsafeBufferPointer<Float>,
    weightGradient dW: UnsafeMutableBufferPointer<Float>, biasGradient dB: UnsafeMutableBufferPointer<Float>?
  ) throws(TesseraError) {
    try check(dY, x, dW, dB)
    let operands = GemmPlan.Operands(
      left: dY.baseAddress.map { $0 + outputGradient.offset },
      right: UnsafeRawPointer(x.baseAddress.map { $0 + input.offset }),
      output: dW.baseAddress.map { $0 + weightGradient.offset })
    var traffic: Traffic
    if let sums, let dB {
      sums.elements.update(repeating: 0)
      traffic = product.run(operands, summing: GemmLeftSums(sums: sums.pointer))
      traffic += storeSums(sums.elements, to: dB)
    } else {
      traffic = product.run(operands)
    }
    context.ledger?.record(descriptor, extents: extents, mode: .training, traffic: traffic)
  }

  /// Rounds the bias's gradient, or adds it to what is there. A few values, and one thread.
  private func storeSums(
    _ sums: UnsafeMutableBufferPointer<Double>, to dB: UnsafeMutableBufferPointer<Float>
  ) -> Traffic {
    for column in sums.indices { dB[column] = Float((accumulates ? Double(dB[column]) : 0) + sums[column]) }
    let bytes = ElementType.float32.byteCount(ofElements: sums.count)
    return Traffic(readBytes: accumulates ? bytes : 0, writtenBytes: bytes, updates: 1)
  }

  private func check(
    _ dY: UnsafeBufferPointer<Float>, _ x: UnsafeBufferPointer<Float>, _ dW: UnsafeMutableBufferPointer<Float>,
    _ dB: UnsafeMutableBufferPointer<Float>?
  ) throws(TesseraError) {
    let name = descriptor.name
    try outputGradient.check(
      rows: outputGradient.rows, columns: outputGradient.columns, count: dY.count, written: false, operation: name,
      operand: "output-gradient")
    try input.check(
      rows: input.rows, columns: input.columns, count: x.count, written: false, operation: name, operand: "input")
    try weightGradient.check(
      rows: weightGradient.rows, columns: weightGradient.columns, count: dW.count, written: true, operation: name,
      operand: "weight-gradient")
    let columns = outputGradient.columns
    guard (sums != nil) == (dB != nil) else {
      throw .invalidOperand(
        operation: name, operand: "bias-gradient",
        expected: sums == nil ? "none, the plan has no bias" : "a place for \(columns) values",
        actual: dB == nil ? "none" : "some")
    }
    var bias = PlacedMatrix.absent
    if let dB {
      try checkVector(dB.count, expected: columns, operation: name, operand: "bias-gradient")
      bias = PlacedMatrix("bias-gradient", UnsafeBufferPointer(dB), MatrixLayout(rows: 1, columns: columns))
    }
    try checkOverlap(
      descriptor, reads: [PlacedMatrix("output-gradient", dY, outputGradient), PlacedMatrix("input", x, input)],
      writes: [PlacedMatrix("weight-gradient", UnsafeBufferPointer(dW), weightGradient), bias])
  }
}

/// The gradient of a linear map's weights in one call. See `LinearWeightGradientPlan`.
public func linearWeightGradient(
  _ outputGradient: Span<Float>, _ outputGradientLayout: MatrixLayout, input: Span<Float>, inputLayout: MatrixLayout,
  accumulates: Bool = false, weightGradient: consuming MutableSpan<Float>, weightGradientLayout: MatrixLayout? = nil,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  try LinearWeightGradientPlan(
    outputGradient: outputGradientLayout, input: inputLayout, weightGradient: weightGradientLayout,
    accumulates: accumulates, hasBias: false, context: context
  ).run(outputGradient, input: input, weightGradient: weightGradient)
}

/// The gradients of a linear map's weights and bias in one call. See `LinearWeightGradientPlan`.
public func linearWeightGradient(
  _ outputGradient: Span<Float>, _ outputGradientLayout: MatrixLayout, input: Span<Float>, inputLayout: MatrixLayout,
  accumulates: Bool = false, weightGradient: consuming MutableSpan<Float>, weightGradientLayout: MatrixLayout? = nil,
  biasGradient: consuming MutableSpan<Float>, context: ExecutionContext? = nil
) throws(TesseraError) {
  try LinearWeightGradientPlan(
    outputGradient: outputGradientLayout, input: inputLayout, weightGradient: weightGradientLayout,
    accumulates: accumulates, context: context
  ).run(outputGradient, input: input, weightGradient: weightGradient, biasGradient: biasGradient)
}
