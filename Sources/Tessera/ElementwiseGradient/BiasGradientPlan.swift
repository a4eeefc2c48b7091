import CTesseraKernels

/// The gradient of a bias (the paper's BAOB, and BAIB over the columns of queries, keys and values), planned: column
/// sums.
///
///     biasGradient[c] = Σ_r outputGradient[r][c]
///
/// Sums of 128 rows are taken in single precision, those in double, in an order that follows from the extents: the same
/// bits for every number of threads. A plan holds its scratch, so one plan runs one call at a time.
/// Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4.
public final class BiasGradientPlan {
  private let layout: MatrixLayout
  private let sums: ColumnSums
  private let kernel: tsr_f32_column_sums_kernel
  private let context: ExecutionContext

  /// Scratch of all threads, and partial sums.
  public var workspaceBytes: Int { sums.byteCount }

  /// Throws where the layout does not fit.
  public init(outputGradient layout: MatrixLayout, context: ExecutionContext? = nil) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    self.layout = layout
    self.context = context
    try layout.check(
      rows: layout.rows, columns: layout.columns, count: .max, written: false,
      operation: OperatorDescriptor.biasGradient.name, operand: "output-gradient")
    kernel = ElementwiseGradientKernels.variants.best(for: context.instructionSet).column_sums
    let partition = ColumnSumPartition(
      rows: layout.rows, columns: layout.columns, bytesPerColumn: MemoryLayout<Float>.stride)
    sums = try ColumnSums(partition, count: 1, threadCount: context.pool.threadCount)
  }

  /// outputGradient lies as the layout says; biasGradient has columns values and shares no memory with it. Without rows
  /// it is 0. NaN and infinities reach their columns. Throws before anything is written where a span is too short.
  public func run(
    _ outputGradient: Span<Float>, biasGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var biasGradient = biasGradient
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try biasGradient.withMutableBuffer { biasGradient throws(TesseraError) in
        try run(outputGradient, biasGradient)
      }
    }
  }

  func run(
    _ outputGradient: UnsafeBufferPointer<Float>, _ biasGradient: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let (descriptor, columns) = (OperatorDescriptor.biasGradient, layout.columns)
    let place = OperandPlacement(operation: descriptor.name)
    try checkOverlap(
      descriptor, reads: [try place.matrix("output-gradient", outputGradient, layout)],
      writes: [try place.vector("bias-gradient", writing: biasGradient, columns)])
    let partition = sums.partition
    let traffic = context.pool.run(itemCount: partition.itemCount, order: .neighbouring) { item, worker in
      sums.run(item: item, worker: worker.index) { rows, columns in
        var block = tsr_column_sums_f32(
          rows: rows.count, columns: columns.count,
          input: outputGradient.start(layout, row: rows.lowerBound, column: columns.lowerBound),
          input_stride: layout.rowStride, sums: sums.sums(0, ofWorker: worker.index))
        kernel(&block)
      }
      let elements = partition.rows(ofItem: item).count * partition.columns(ofItem: item).count
      worker.count(readBytes: ElementType.float32.byteCount(ofElements: elements), writtenBytes: 0)
    }
    if columns > 0 { sums.finish(0, into: biasGradient.baseAddress!) }
    var moved = traffic
    moved.writtenBytes += ElementType.float32.byteCount(ofElements: columns)
    context.ledger?.record(
      descriptor, extents: [.rows: layout.rows, .columns: columns], mode: .training, traffic: moved)
  }
}

/// The gradient of a bias in one call: makes a plan, runs it, lets it go. See `BiasGradientPlan`.
public func biasGradient(
  _ outputGradient: Span<Float>, _ layout: MatrixLayout, biasGradient: consuming MutableSpan<Float>,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  try BiasGradientPlan(outputGradient: layout, context: context).run(outputGradient, biasGradient: biasGradient)
}
