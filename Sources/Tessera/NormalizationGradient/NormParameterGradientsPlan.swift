import CTesseraKernels

/// What the gradients of both norms' parameters share: work items, sums and the loop over items.
struct NormParameterGradientsPlan {
  struct Layouts {
    var outputGradient: MatrixLayout
    /// That of what the forward call kept.
    var sum: MatrixLayout
    /// Where the norm's output had two readers.
    var second: Second?

    struct Second {
      var gradient: MatrixLayout
      var gradientSum: MatrixLayout
      /// That of the gradient whose column sums are a bias's.
      var inputGradient: MatrixLayout
    }
  }

  let descriptor: OperatorDescriptor
  let norm: Norm
  let layouts: Layouts
  let sums: ColumnSums
  private let kernel: tsr_f32_normalization_parameter_gradients_kernel
  private let usesNonTemporalStores: Bool
  private let context: ExecutionContext

  var rows: Int { layouts.outputGradient.rows }
  var columns: Int { layouts.outputGradient.columns }

  init(_ norm: Norm, layouts: Layouts, context: ExecutionContext?) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    descriptor = .normParameterGradients(norm, ofTwo: layouts.second != nil)
    self.norm = norm
    self.layouts = layouts
    self.context = context
    kernel = NormalizationGradientKernels.variants.best(for: context.instructionSet).parameterGradients(of: norm)
    let (rows, columns) = (layouts.outputGradient.rows, layouts.outputGradient.columns)
    let second = layouts.second
    try OperandPlacement(operation: descriptor.name).check(
      rows: rows, columns: columns,
      [
        ("output-gradient", layouts.outputGradient, false), ("sum", layouts.sum, false),
        ("second-gradient", second?.gradient, false), ("input-gradient", second?.inputGradient, false),
        ("gradient-sum", second?.gradientSum, true),
      ])
    let bytesPerColumn = (second == nil ? 2 : 5) * MemoryLayout<Float>.stride
    sums = try ColumnSums(
      ColumnSumPartition(rows: rows, columns: columns, bytesPerColumn: bytesPerColumn),
      count: 1 + (norm == .layer ? 1 : 0) + (second == nil ? 0 : 1), threadCount: context.pool.threadCount)
    usesNonTemporalStores = second != nil && rows * columns * bytesPerColumn > context.fastMemoryBytes
  }

  /// The call's memory; what is nil the call does not have.
  struct Operands {
    var outputGradient: UnsafeBufferPointer<Float>
    var sum: UnsafeBufferPointer<Float>
    /// Layer norm's.
    var mean: UnsafeBufferPointer<Float>?
    var inverseDeviation: UnsafeBufferPointer<Float>
    var weightGradient: UnsafeMutableBufferPointer<Float>
    /// Layer norm's.
    var shiftGradient: UnsafeMutableBufferPointer<Float>?
    var second: Second?

    struct Second {
      var gradient: UnsafeBufferPointer<Float>
      var gradientSum: UnsafeMutableBufferPointer<Float>
      var inputGradient: UnsafeBufferPointer<Float>
      var biasGradient: UnsafeMutableBufferPointer<Float>
    }
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ operands: Operands) throws(TesseraError) {
    let streams = try !check(operands) && usesNonTemporalStores
    let traffic = context.pool.run(itemCount: sums.partition.itemCount, order: .neighbouring) { item, worker in
      sums.run(item: item, worker: worker.index) { rows, columns in
        var block = block(operands, rows: rows, columns: columns, worker: worker.index)
        block.streaming = streams
        kernel(&block)
      }
      let rows = sums.partition.rows(ofItem: item).count
      let bytes = rows * ElementType.float32.byteCount(ofElements: sums.partition.columns(ofItem: item).count)
      // A matrix's part is read or written once. What the vectors of results take is counted below.
      worker.count(
        readBytes: bytes * (layouts.second == nil ? 2 : 4) + rows * (norm == .layer ? 8 : 4),
        writtenBytes: layouts.second == nil ? 0 : bytes)
    }
    finish(operands)
    var moved = traffic
    moved.writtenBytes += sums.count * ElementType.float32.byteCount(ofElements: columns)
    context.ledger?.record(
      descriptor, extents: [.rows: rows, .columns: columns], mode: .training, traffic: moved)
  }

  private func finish(_ operands: Operands) {
    guard columns > 0 else { return }
    sums.finish(0, into: operands.weightGradient.baseAddress!)
    if let shift = operands.shiftGradient { sums.finish(1, into: shift.baseAddress!) }
    if let second = operands.second { sums.finish(sums.count - 1, into: second.biasGradient.baseAddress!) }
  }

  private func block(
    _ operands: Operands, rows: Range<Int>, columns: Range<Int>, worker: Int
  ) -> tsr_normalization_parameter_gradients_f32 {
    let (row, column) = (rows.lowerBound, columns.lowerBound)
    var block = tsr_normalization_parameter_gradients_f32()
    (block.rows, block.columns) = (rows.count, columns.count)
    block.output_gradient = operands.outputGradient.start(layouts.outputGradient, row: row, column: column)
    block.output_gradient_stride = layouts.outputGradient.rowStride
    block.sum = operands.sum.start(layouts.sum, row: row, column: column)
    block.sum_stride = layouts.sum.rowStride
    block.mean = operands.mean?.baseAddress.map { $0 + row }
    block.inverse_deviation = operands.inverseDeviation.baseAddress.map { $0 + row }
    block.weight_gradient = sums.sums(0, ofWorker: worker)
    if norm == .layer { block.shift_gradient = sums.sums(1, ofWorker: worker) }
    if let second = operands.second, let layouts = layouts.second {
      block.second_gradient = second.gradient.start(layouts.gradient, row: row, column: column)
      block.second_gradient_stride = layouts.gradient.rowStride
      block.gradient_sum = second.gradientSum.start(layouts.gradientSum, row: row, column: column)
      block.gradient_sum_stride = layouts.gradientSum.rowStride
      block.input_gradient = second.inputGradient.start(layouts.inputGradient, row: row, column: column)
      block.input_gradient_stride = layouts.inputGradient.rowStride
      block.bias_gradient = sums.sums(sums.count - 1, ofWorker: worker)
    }
    return block
  }

  /// Whether the sum of the gradients takes one's place. Throws where memory is short or shared.
  private func check(_ operands: Operands) throws(TesseraError) -> Bool {
    let place = OperandPlacement(operation: descriptor.name)
    let second = operands.second
    return try checkOverlap(
      descriptor,
      reads: [
        try place.matrix("output-gradient", operands.outputGradient, layouts.outputGradient),
        try place.matrix("second-gradient", second?.gradient, layouts.second?.gradient),
        try place.matrix("sum", operands.sum, layouts.sum),
        try place.vector("mean", operands.mean, rows),
        try place.vector(norm.inverseDeviationName, operands.inverseDeviation, rows),
        try place.matrix("input-gradient", second?.inputGradient, layouts.second?.inputGradient),
      ],
      writes: [
        try place.matrix("gradient-sum", writing: second?.gradientSum, layouts.second?.gradientSum),
        try place.vector("weight-gradient", writing: operands.weightGradient, columns),
        try place.vector("shift-gradient", writing: operands.shiftGradient, columns),
        try place.vector("bias-gradient", writing: second?.biasGradient, columns),
      ])
  }
}
