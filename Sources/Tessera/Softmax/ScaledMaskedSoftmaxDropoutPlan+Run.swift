import CTesseraKernels

extension ScaledMaskedSoftmaxDropoutPlan {
  /// input and output lie as the layouts say; `output` shares no memory with `input`. `keeping` is needed in training
  /// and not used in inference. Throws before anything is written where a span is too short.
  public func run(
    _ input: Span<Float>, output: consuming MutableSpan<Float>,
    keeping kept: ScaledMaskedSoftmaxDropoutSavedTensors? = nil
  ) throws(TesseraError) {
    let probabilities = try probabilities(kept)
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try output.withMutableBuffer { output throws(TesseraError) in
        try run(.init(input: input, output: output, probabilities: probabilities))
      }
    }
  }

  /// The same with the result in place of the scores; needs a plan whose two layouts are the same.
  public func run(
    inPlace matrix: consuming MutableSpan<Float>, keeping kept: ScaledMaskedSoftmaxDropoutSavedTensors? = nil
  ) throws(TesseraError) {
    let probabilities = try probabilities(kept)
    var matrix = matrix
    try matrix.withMutableBuffer { matrix throws(TesseraError) in
      try run(.init(input: UnsafeBufferPointer(matrix), output: matrix, probabilities: probabilities))
    }
  }

  private func probabilities(
    _ kept: ScaledMaskedSoftmaxDropoutSavedTensors?
  ) throws(TesseraError) -> UnsafeMutableBufferPointer<Float>? {
    guard mode == .training else { return nil }
    guard let kept else {
      throw .invalidOperand(
        operation: OperatorDescriptor.scaledMaskedSoftmaxDropout.name, operand: "keeping",
        expected: "a place for what training keeps", actual: "nil")
    }
    return kept.probabilities.elements
  }

  /// The call's memory.
  struct Operands {
    var input: UnsafeBufferPointer<Float>
    var output: UnsafeMutableBufferPointer<Float>
    /// planes · rows · columns, contiguous; nil in inference.
    var probabilities: UnsafeMutableBufferPointer<Float>?
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ operands: Operands) throws(TesseraError) {
    let streams = try !check(operands) && usesNonTemporalStores
    let columns = inputLayout.columns
    let traffic = context.pool.run(itemCount: columns == 0 ? 0 : partition.itemCount, order: .neighbouring) {
      item, worker in
      let rows = partition.rows(ofItem: item)
      // A kernel call stays inside one plane, where rows count from the plane's start for mask and dropout.
      var start = rows.lowerBound
      while start < rows.upperBound {
        let plane = start / rowsPerPlane
        let end = min(rows.upperBound, (plane + 1) * rowsPerPlane)
        var block = block(operands, rows: start..<end, plane: plane)
        block.streaming = streams
        block.scratch = scratch.row(ofWorker: worker.index)
        kernel(&block)
        start = end
      }
      worker.count(residency.traffic(rows: rows.count))
    }
    context.ledger?.record(
      .scaledMaskedSoftmaxDropout, extents: [.planes: planes, .rows: rowsPerPlane, .columns: columns], mode: mode,
      traffic: traffic)
  }

  /// Whether the call is in place.
  private func check(_ operands: Operands) throws(TesseraError) -> Bool {
    let descriptor = OperatorDescriptor.scaledMaskedSoftmaxDropout
    let (rows, columns, name) = (inputLayout.rows, inputLayout.columns, descriptor.name)
    try inputLayout.check(
      rows: rows, columns: columns, count: operands.input.count, written: false, operation: name, operand: "input")
    try outputLayout.check(
      rows: rows, columns: columns, count: operands.output.count, written: true, operation: name, operand: "output")
    var kept = PlacedMatrix.absent
    if let probabilities = operands.probabilities {
      try checkVector(probabilities.count, expected: rows * columns, operation: name, operand: "probabilities")
      kept = PlacedMatrix("probabilities", UnsafeBufferPointer(probabilities), inputLayout.contiguous)
    }
    return try checkOverlap(
      descriptor, reads: [PlacedMatrix("input", operands.input, inputLayout)],
      writes: [PlacedMatrix("output", UnsafeBufferPointer(operands.output), outputLayout), kept])
  }
}

/// output[r] = dropout(softmax(mask(scale · input[r]))) for each row, in one call: makes a plan, runs it, lets it go.
///
/// `layout` covers `planes` planes one after the other, each with rows / planes queries. With `keeping` this is
/// training: the probabilities before dropout are kept; without it is inference, which drops nothing. What rows that
/// see nothing, NaN or infinities give, and what is thrown, is as `ScaledMaskedSoftmaxDropoutPlan` says.
public func scaledMaskedSoftmaxDropout(
  _ input: Span<Float>, _ layout: MatrixLayout, planes: Int = 1, scale: Float = 1, mask: AttentionMask = .full,
  dropout: Dropout? = nil, output: consuming MutableSpan<Float>, outputLayout: MatrixLayout? = nil,
  keeping kept: ScaledMaskedSoftmaxDropoutSavedTensors? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  try ScaledMaskedSoftmaxDropoutPlan(
    planes: planes, input: layout, output: outputLayout, scale: scale, mask: mask, dropout: dropout,
    mode: kept == nil ? .inference : .training, context: context
  ).run(input, output: output, keeping: kept)
}
