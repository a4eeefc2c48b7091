extension EncoderLayer {
  /// input and output lie as the problem's layouts say. `keeping` is needed in training, made for a problem of the same
  /// sizes, placement, activation and `recomputesActivated`, and not used in inference. The output and what is kept
  /// share memory with nothing. Throws before anything is written where an operand is too short, is missing, or
  /// overlaps.
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
        kept?.noteCall(of: problem)
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
    var attentionInput = input
    if let inputNorm, let normalized = places.attentionInput {
      var operands = NormalizationPlan.Operands(
        input: input, weight: UnsafeBufferPointer(weights.norm1Weight),
        shift: UnsafeBufferPointer(weights.norm1Shift), output: normalized)
      operands.mean = kept?.inputStatistics?.mean.elements
      operands.inverseDeviation = kept?.inputStatistics?.inverseDeviation.elements
      try inputNorm.run(operands)
      attentionInput = UnsafeBufferPointer(normalized)
    }
    let joint = places.queryKeyValue
    try queryKeyValue.run(
      AttentionInputBiasPlan.Operands(
        input: attentionInput, bias: UnsafeBufferPointer(weights.queryKeyValueBias), outputs: [joint, joint, joint]),
      weights.queryKeyValue)
    let heads = joint.span
    try attention.run(
      queries: heads, keys: heads, values: heads, output: places.attended.mutableSpan, keeping: kept?.attention)
  }

  /// The out map, and all that follows it up to the feed-forward half's input.
  private func runOut(
    _ input: UnsafeBufferPointer<Float>, _ weights: EncoderLayerOperands,
    _ output: UnsafeMutableBufferPointer<Float>,
    _ places: EncoderLayerWorkspace.Places, _ kept: EncoderLayerSavedTensors?
  ) throws(TesseraError) {
    let isPre = problem.normalization == .pre
    var operands = NormalizationPlan.Operands(
      input: UnsafeBufferPointer(places.attended), bias: UnsafeBufferPointer(weights.outBias), residual: input,
      // A pre-norm layer's first norm has been; a post-norm one's is this.
      weight: UnsafeBufferPointer(isPre ? weights.norm2Weight : weights.norm1Weight),
      shift: UnsafeBufferPointer(isPre ? weights.norm2Shift : weights.norm1Shift), output: places.feedforwardInput)
    if let kept {
      operands.keep(kept.afterAttention)
    } else if isPre {
      operands.sum = output
    }
    try out.run(operands, weights.out)
  }

  private func runFeedforward(
    _ weights: EncoderLayerOperands, _ output: UnsafeMutableBufferPointer<Float>,
    _ places: EncoderLayerWorkspace.Places, _ kept: EncoderLayerSavedTensors?
  ) throws(TesseraError) {
    try linear1.run(
      UnsafeBufferPointer(places.feedforwardInput), weight: weights.linear1,
      bias: UnsafeBufferPointer(weights.linear1Bias), output: places.activated,
      keeping: kept?.activationInput?.elements)
    let (activated, bias) = (UnsafeBufferPointer(places.activated), UnsafeBufferPointer(weights.linear2Bias))
    switch linear2 {
    case .post(let plan):
      var operands = NormalizationPlan.Operands(
        input: activated, bias: bias, residual: UnsafeBufferPointer(places.feedforwardInput),
        weight: UnsafeBufferPointer(weights.norm2Weight), shift: UnsafeBufferPointer(weights.norm2Shift),
        output: output)
      if let after = kept?.afterFeedforward { operands.keep(after) }
      try plan.run(operands, weights.linear2)
    case .pre(let plan):
      // In inference the sum after attention is in the output.
      let sum = kept?.afterAttention.sum.elements ?? output
      try plan.run(
        activated, weight: weights.linear2, bias: bias, residual: UnsafeBufferPointer(sum), output: output)
    }
  }
}

extension NormalizationPlan.Operands {
  /// Writes what training keeps.
  fileprivate mutating func keep(_ kept: BiasDropoutResidualLayerNormSavedTensors) {
    (sum, mean) = (kept.sum.elements, kept.mean.elements)
    inverseDeviation = kept.inverseDeviation.elements
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
          operation: name, operand: "keeping", expected: "saved tensors " + EncoderLayerSavedTensors.kindred,
          actual: kept == nil ? "none" : "those of another")
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
    func checkMatrix(_ operand: String, _ matrix: LinearWeight, _ map: LinearMap) throws(TesseraError) {
      try map.check(matrix, operation: name, operand: operand)
      try checkApart(map.placed(matrix, operand: operand))
    }
    try checkMatrix("query-key-value", weights.queryKeyValue, queryKeyValue.map)
    try checkMatrix("out", weights.out, out.map)
    try checkMatrix("linear-1", weights.linear1, linear1.plan.map)
    try checkMatrix("linear-2", weights.linear2, linear2.map)
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
