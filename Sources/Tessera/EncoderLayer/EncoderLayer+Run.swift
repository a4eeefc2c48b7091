extension EncoderLayer {
  /// input and output lie as the problem's layouts say. `keeping` is needed in training, made for a problem of the same
  /// sizes, placement and activation, and not used in inference. The output and what is kept share memory with nothing.
  /// Throws before anything is written where an operand is too short, is missing, or overlaps.
  public func run(
    _ input: Span<Float>, weights: EncoderLayerWeights, output: consuming MutableSpan<Float>,
    keeping kept: EncoderLayerSavedTensors? = nil
  ) throws(TesseraError) {
    try run(input, weights.operands, output: output, keeping: kept)
  }

  /// The same with packed weights, by a layer that was made for them.
  public func run(
    _ input: Span<Float>, weights: PackedEncoderLayerWeights, output: consuming MutableSpan<Float>,
    keeping kept: EncoderLayerSavedTensors? = nil
  ) throws(TesseraError) {
    try run(input, weights.operands, output: output, keeping: kept)
  }

  private func run(
    _ input: Span<Float>, _ weights: EncoderLayerOperands, output: consuming MutableSpan<Float>,
    keeping kept: EncoderLayerSavedTensors?
  ) throws(TesseraError) {
    let kept = problem.mode == .training ? kept : nil
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try output.withMutableBuffer { output throws(TesseraError) in
        try check(input, weights, output, kept)
        let places = workspace.places(kept)
        try runAttention(input, weights, places, kept)
        try runOut(input, weights, output, places, kept)
        try runFeedforward(weights, output, places, kept)
      }
    }
  }

  /// Runs from the input to attention's result.
  private func runAttention(
    _ input: UnsafeBufferPointer<Float>, _ weights: EncoderLayerOperands, _ places: EncoderLayerWorkspace.Places,
    _ kept: EncoderLayerSavedTensors?
  ) throws(TesseraError) {
    if let inputNorm {
      try inputNorm.run(
        input.span, weight: weights.norm1Weight.span, shift: weights.norm1Shift.span,
        output: places.attentionInput.mutableSpan)
    }
    try queryKeyValue.run(
      input: inputNorm == nil ? input : UnsafeBufferPointer(places.attentionInput), weight: weights.queryKeyValue,
      output: places.queryKeyValue)
    try inputBias.run(inPlace: places.queryKeyValue.mutableSpan, bias: weights.queryKeyValueBias.span)
    let heads = places.queryKeyValue.span
    try attention.run(
      queries: heads, keys: heads, values: heads, output: places.attended.mutableSpan, keeping: kept?.attention)
  }

  /// The out map, and all that follows it up to the feed-forward half's input.
  private func runOut(
    _ input: UnsafeBufferPointer<Float>, _ weights: EncoderLayerOperands,
    _ output: UnsafeMutableBufferPointer<Float>,
    _ places: EncoderLayerWorkspace.Places, _ kept: EncoderLayerSavedTensors?
  ) throws(TesseraError) {
    try out.run(input: UnsafeBufferPointer(places.attended), weight: weights.out, output: places.out)
    let isPre = problem.normalization == .pre
    // A pre-norm layer's first norm has been; a post-norm one's is this.
    let weight = isPre ? weights.norm2Weight : weights.norm1Weight
    let shift = isPre ? weights.norm2Shift : weights.norm1Shift
    if isPre, problem.mode == .inference {
      try afterAttention.run(
        places.out.span, bias: weights.outBias.span, residual: input.span, weight: weight.span,
        shift: shift.span, output: places.feedforwardInput.mutableSpan, sum: output.mutableSpan)
    } else {
      try afterAttention.run(
        places.out.span, bias: weights.outBias.span, residual: input.span, weight: weight.span,
        shift: shift.span, output: places.feedforwardInput.mutableSpan, keeping: kept?.afterAttention)
    }
  }

  private func runFeedforward(
    _ weights: EncoderLayerOperands, _ output: UnsafeMutableBufferPointer<Float>,
    _ places: EncoderLayerWorkspace.Places, _ kept: EncoderLayerSavedTensors?
  ) throws(TesseraError) {
    try linear1.run(
      input: UnsafeBufferPointer(places.feedforwardInput), weight: weights.linear1, output: places.activationInput)
    if problem.keepsActivationInput {
      try activation.run(
        places.activationInput.span, bias: weights.linear1Bias.span, output: places.activated.mutableSpan)
    } else {
      try activation.run(inPlace: places.activated.mutableSpan, bias: weights.linear1Bias.span)
    }
    try linear2.run(
      input: UnsafeBufferPointer(places.activated), weight: weights.linear2, output: places.linear2)
    let (result, bias) = (places.linear2.span, weights.linear2Bias.span)
    switch afterFeedforward {
    case .post(let plan):
      try plan.run(
        result, bias: bias, residual: places.feedforwardInput.span, weight: weights.norm2Weight.span,
        shift: weights.norm2Shift.span, output: output.mutableSpan, keeping: kept?.afterFeedforward)
    case .pre(let plan):
      if let kept {
        let sum = kept.afterAttention.sum.elements
        try plan.run(result, bias: bias, residual: sum.span, output: output.mutableSpan)
      } else {
        try plan.run(result, bias: bias, ontoResidual: output.mutableSpan)
      }
    }
  }
}

extension EncoderLayer {
  /// Everything that an operator could refuse later, before the first of them writes.
  private func check(
    _ input: UnsafeBufferPointer<Float>, _ weights: EncoderLayerOperands, _ output: UnsafeMutableBufferPointer<Float>,
    _ kept: EncoderLayerSavedTensors?
  ) throws(TesseraError) {
    let name = EncoderLayerProblem.operation
    func check(_ operand: String, _ layout: MatrixLayout, _ count: Int, written: Bool) throws(TesseraError) {
      try layout.check(
        rows: problem.tokens, columns: problem.hidden, count: count, written: written, operation: name,
        operand: operand)
    }
    try check("input", problem.input, input.count, written: false)
    try check("output", problem.output, output.count, written: true)
    if problem.mode == .training {
      guard let kept, kept.fits(problem) else {
        throw .invalidOperand(
          operation: name, operand: "keeping", expected: "a place for what training keeps of this layer",
          actual: kept == nil ? "nil" : "one of another layer")
      }
    }
    let result = PlacedMatrix("output", UnsafeBufferPointer(output), problem.output)
    let keptBuffers = kept?.buffers
    func checkApartFromKept(_ operand: PlacedMatrix) throws(TesseraError) {
      guard let keptBuffers else { return }
      for index in keptBuffers.indices {
        let place = PlacedMatrix(
          "keeping", bytes: keptBuffers[index]?.baseAddress,
          count: ElementType.float32.byteCount(ofElements: keptBuffers[index]?.count ?? 0))
        try checkOverlap(operation: name, reads: [operand], writes: [place])
      }
    }
    func checkApart(_ operand: PlacedMatrix) throws(TesseraError) {
      try checkOverlap(operation: name, reads: [operand], writes: [result])
      try checkApartFromKept(operand)
    }
    try checkApartFromKept(result)
    try checkApart(PlacedMatrix("input", input, problem.input))
    func checkMatrix(_ operand: String, _ matrix: LinearWeight, _ plan: LinearPlan) throws(TesseraError) {
      try plan.check(matrix, operation: name, operand: operand)
      try checkApart(plan.placed(matrix, operand: operand))
    }
    try checkMatrix("query-key-value", weights.queryKeyValue, queryKeyValue)
    try checkMatrix("out", weights.out, out)
    try checkMatrix("linear-1", weights.linear1, linear1)
    try checkMatrix("linear-2", weights.linear2, linear2)
    let vectors = weights.vectors(hidden: problem.hidden, inner: problem.feedforward)
    for index in vectors.indices {
      let (operand, elements, count) = vectors[index]
      try checkVector(elements.count, expected: count, operation: name, operand: operand)
      try checkApart(
        PlacedMatrix(
          operand, bytes: elements.baseAddress, count: ElementType.float32.byteCount(ofElements: count)))
    }
  }
}
