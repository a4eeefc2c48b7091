import CTesseraKernels

/// The gradient of scale, mask, softmax and dropout over stored probabilities (the paper's BS), planned.
///
///     t[r][c] = dropout(outputGradient[r][c])
///     inputGradient[r][c] = scale · p[r][c] · (t[r][c] − Σ_c p[r] · t[r]),  p the probabilities before dropout
///
/// Layouts cover `planes` planes one after the other, as the forward call's. The mask is drawn again from seed and
/// offset, and what a row does not see is where its probability is 0: the gradient is 0 there, and the output's is not
/// used. Each matrix crosses memory once. A plan holds its scratch, so one plan runs one call at a time.
/// Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4.
public final class ScaledMaskedSoftmaxDropoutGradientPlan {
  /// Scratch of all threads.
  public var workspaceBytes: Int { scratch.byteCount }

  private let layouts: Layouts
  private let planes: Int
  private let scale: Float
  private let dropout: Dropout?
  private let kernel: tsr_f32_softmax_gradient_kernel
  private let scratch: RowScratch
  private let partition: RowPartition
  private let residency: RowResidency
  private let usesNonTemporalStores: Bool
  private let context: ExecutionContext

  struct Layouts {
    var outputGradient: MatrixLayout
    var probabilities: MatrixLayout
    var inputGradient: MatrixLayout
  }

  private var rows: Int { layouts.outputGradient.rows }
  private var columns: Int { layouts.outputGradient.columns }
  private var rowsPerPlane: Int { planes == 0 ? 0 : rows / planes }

  /// `dropout` is the forward call's; nil where that had none. Throws where layouts disagree or do not fit, where
  /// `planes` does not divide the rows, and for a scale that is not finite.
  public convenience init(
    planes: Int = 1, outputGradient layout: MatrixLayout, inputGradient: MatrixLayout? = nil, scale: Float = 1,
    dropout: Dropout?, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    try self.init(
      planes: planes,
      layouts: .init(
        outputGradient: layout, probabilities: layout.contiguous, inputGradient: inputGradient ?? layout.contiguous),
      scale: scale, dropout: dropout, context: context)
  }

  init(
    planes: Int, layouts: Layouts, scale: Float, dropout: Dropout?, context: ExecutionContext?
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let name = OperatorDescriptor.scaledMaskedSoftmaxDropoutGradient.name
    let (rows, columns) = (layouts.outputGradient.rows, layouts.outputGradient.columns)
    try OperandPlacement(operation: name).check(
      rows: rows, columns: columns,
      [
        ("output-gradient", layouts.outputGradient, false), ("probabilities", layouts.probabilities, false),
        ("input-gradient", layouts.inputGradient, true),
      ])
    guard (0...maximumElementCount).contains(planes), planes == 0 ? rows == 0 : rows % planes == 0 else {
      throw .invalidOperand(
        operation: name, operand: "planes", expected: "a divisor of \(rows) rows, at most \(maximumElementCount)",
        actual: "\(planes)")
    }
    guard scale.isFinite else {
      throw .invalidOperand(operation: name, operand: "scale", expected: "a finite number", actual: scale.spelled)
    }
    self.layouts = layouts
    self.planes = planes
    self.scale = scale
    self.context = context
    self.dropout = dropout.flatMap { $0.isIdentity ? nil : $0 }
    if self.dropout != nil {
      try checkCounterWords(planes: planes, rows: planes == 0 ? 0 : rows / planes, columns: columns, operation: name)
    }
    kernel = SoftmaxGradientKernels.variants.best(for: context.instructionSet).softmax_gradient
    scratch = try RowScratch(columns: columns, threadCount: context.pool.threadCount)
    let bytes = ElementType.float32.byteCount(ofElements: columns)
    func row(_ name: String) -> RowResidency.Stream { .init(name, bytes: bytes, .perRow) }
    let swept = [row("output-gradient"), row("probabilities")]
    let held = RowResidency.Stream("scratch", bytes: bytes, .scratch)
    residency = RowResidency(
      passes: [
        .init(reads: swept, writes: self.dropout == nil ? [] : [held]),
        .init(
          reads: self.dropout == nil ? swept : [held, row("probabilities")], writes: [row("input-gradient")]),
      ], capacity: context.fastMemoryBytes)
    partition = RowPartition(rows: rows, bytesPerRow: 3 * bytes)
    usesNonTemporalStores = rows * 3 * bytes > context.fastMemoryBytes
  }

  /// Gradients lie as the layouts say; `kept` is what the forward call kept. `inputGradient` shares memory with nothing
  /// that is read. A row whose probabilities are NaN gives NaN. Throws before anything is written where a span is too
  /// short.
  public func run(
    _ outputGradient: Span<Float>, kept: ScaledMaskedSoftmaxDropoutSavedTensors,
    inputGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var inputGradient = inputGradient
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try inputGradient.withMutableBuffer { inputGradient throws(TesseraError) in
        try run(outputGradient, UnsafeBufferPointer(kept.probabilities.elements), inputGradient)
      }
    }
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(
    _ outputGradient: UnsafeBufferPointer<Float>, _ probabilities: UnsafeBufferPointer<Float>,
    _ inputGradient: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let descriptor = OperatorDescriptor.scaledMaskedSoftmaxDropoutGradient
    let place = OperandPlacement(operation: descriptor.name)
    let isInPlace = try checkOverlap(
      descriptor,
      reads: [
        try place.matrix("output-gradient", outputGradient, layouts.outputGradient),
        try place.matrix("probabilities", probabilities, layouts.probabilities),
      ], writes: [try place.matrix("input-gradient", writing: inputGradient, layouts.inputGradient)])
    let traffic = context.pool.run(itemCount: columns == 0 ? 0 : partition.itemCount, order: .neighbouring) {
      item, worker in
      let rows = partition.rows(ofItem: item)
      // A kernel call stays inside one plane, where dropout's rows count from the plane's start.
      var start = rows.lowerBound
      while start < rows.upperBound {
        let plane = start / rowsPerPlane
        let end = min(rows.upperBound, (plane + 1) * rowsPerPlane)
        var block = tsr_softmax_gradient_f32()
        (block.rows, block.columns, block.scale) = (end - start, columns, scale)
        block.output_gradient = outputGradient.start(layouts.outputGradient, row: start)
        block.output_gradient_stride = layouts.outputGradient.rowStride
        block.probabilities = probabilities.start(layouts.probabilities, row: start)
        block.probabilities_stride = layouts.probabilities.rowStride
        block.input_gradient = inputGradient.start(layouts.inputGradient, row: start)
        block.input_gradient_stride = layouts.inputGradient.rowStride
        block.scratch = scratch.row(ofWorker: worker.index)
        block.streaming = !isInPlace && usesNonTemporalStores
        if let dropout { block.dropout = dropout.kernelArgument(plane: plane, row: start - plane * rowsPerPlane) }
        kernel(&block)
        start = end
      }
      worker.count(residency.traffic(rows: rows.count))
    }
    context.ledger?.record(
      descriptor, extents: [.planes: planes, .rows: rowsPerPlane, .columns: columns], mode: .training,
      traffic: traffic)
  }
}

/// The gradient of scale, mask, softmax and dropout in one call: makes a plan, runs it, lets it go. See
/// `ScaledMaskedSoftmaxDropoutGradientPlan`.
public func scaledMaskedSoftmaxDropoutGradient(
  _ outputGradient: Span<Float>, _ layout: MatrixLayout, planes: Int = 1,
  kept: ScaledMaskedSoftmaxDropoutSavedTensors, scale: Float = 1, dropout: Dropout?,
  inputGradient: consuming MutableSpan<Float>, context: ExecutionContext? = nil
) throws(TesseraError) {
  try ScaledMaskedSoftmaxDropoutGradientPlan(
    planes: planes, outputGradient: layout, scale: scale, dropout: dropout, context: context
  ).run(outputGradient, kept: kept, inputGradient: inputGradient)
}
