extension EncoderLayerBackward {
  /// `outputGradient` lies as the problem's output, `input` and `inputGradient` as its input; `input`, `weights` and
  /// `kept` are what the forward call had and kept, unchanged. `accumulates`: the parameters' gradients are added to
  /// what is there, as over the parts of a batch; the input's never is. What is written shares memory with nothing
  /// else. Without tokens the parameters' gradients are 0, or what is there. NaN and infinities follow the operators'
  /// rules. Throws before anything is written where an operand is too short, is of another layer, or overlaps, and
  /// where no forward call has written `kept`, or one with another dropout or other key lengths.
  public func run(
    _ outputGradient: Span<Float>, input: Span<Float>, weights: EncoderLayerWeights, kept: EncoderLayerSavedTensors,
    inputGradient: consuming MutableSpan<Float>, gradients: EncoderLayerGradients, accumulates: Bool = false
  ) throws(TesseraError) {
    var inputGradient = inputGradient
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try input.withBuffer { input throws(TesseraError) in
        try inputGradient.withMutableBuffer { inputGradient throws(TesseraError) in
          let call = Call(
            outputGradient: outputGradient, input: input, weights: weights.operands, kept: kept,
            inputGradient: inputGradient, gradients: gradients, accumulates: accumulates,
            rows: accumulates ? workspace.rows : gradients.rows)
          try check(call)
          try run(call)
        }
      }
    }
  }

  /// One call's memory.
  struct Call {
    let outputGradient, input: UnsafeBufferPointer<Float>
    let weights: EncoderLayerOperands
    let kept: EncoderLayerSavedTensors
    let inputGradient: UnsafeMutableBufferPointer<Float>
    let gradients: EncoderLayerGradients
    let accumulates: Bool
    /// Where sums over rows go first.
    let rows: EncoderLayerRowGradients
  }

  private func run(_ call: Call) throws(TesseraError) {
    try runHead(call)
    try runFeedforward(call)
    try runNorm(call)
    try runAttention(call)
    try runTail(call)
    if call.accumulates { try addRows(call.rows, to: call.gradients.rows) }
  }

  /// The gradient of linear 2's result, after its bias.
  private func branch(_ call: Call) -> UnsafeBufferPointer<Float> {
    if problem.drops { return UnsafeBufferPointer(workspace.branch) }
    // Without a dropout it is that of the sum.
    return problem.normalization == .post ? UnsafeBufferPointer(workspace.attended) : call.outputGradient
  }

  /// From the output to linear 2's result.
  private func runHead(_ call: Call) throws(TesseraError) {
    switch problem.normalization {
    case .post:
      let kept = call.kept.afterFeedforward!
      var sums = norms.parameters2.operands(
        call.outputGradient, kept.statistics, weightGradient: call.rows.norm2Weight)
      sums.shiftGradient = call.rows.norm2Shift
      try norms.parameters2.run(sums)
      try norms.rows2.run(
        NormalizationGradientPlan.Operands(
          outputGradient: call.outputGradient, sum: UnsafeBufferPointer(kept.sum.elements),
          mean: UnsafeBufferPointer(kept.mean.elements),
          inverseDeviation: UnsafeBufferPointer(kept.inverseDeviation.elements),
          weight: UnsafeBufferPointer(call.weights.norm2Weight), residualGradient: workspace.attended,
          inputGradient: problem.drops ? workspace.branch : nil))
    case .pre:
      guard let branchDropout else { return }
      // The mask is written because the operator does; it is not read.
      let bytes = UnsafeMutableRawBufferPointer(workspace.wide)
      try branchDropout.run(
        ElementwisePlan.Operands(
          input: call.outputGradient, output: workspace.branch, mask: bytes.assumingMemoryBound(to: UInt8.self)))
    }
  }

  /// From linear 2's result to linear 1's input; in a post-norm layer with what the residual carries.
  private func runFeedforward(_ call: Call) throws(TesseraError) {
    let (kept, gradients, branch) = (call.kept, call.gradients, branch(call))
    let wide = workspace.wide
    if let activationAgain {
      // It takes the place of the gradient of its own input, which therefore comes after it has been used.
      try activationAgain.run(
        ElementwisePlan.Operands(
          input: UnsafeBufferPointer(kept.activationInput!.elements), output: wide,
          bias: UnsafeBufferPointer(call.weights.linear1Bias)))
      try runLinear2Weight(call, branch, activated: wide)
    }
    let needsInput = kept.activationInput != nil
    let saved = kept.activationInput ?? kept.activated!
    try linear2.ofInput.run(
      outputGradient: branch, weight: call.weights.linear2, saved: UnsafeBufferPointer(saved.elements),
      bias: needsInput ? UnsafeBufferPointer(call.weights.linear1Bias) : nil, inputGradient: wide)
    if let activated = kept.activated { try runLinear2Weight(call, branch, activated: activated.elements) }
    try linear1.ofWeight(accumulates: call.accumulates).run(
      outputGradient: UnsafeBufferPointer(wide), input: UnsafeBufferPointer(kept.feedforwardInput.elements),
      weightGradient: gradients.linear1.elements, biasGradient: gradients.linear1Bias.elements)
    try linear1.ofInput.run(
      outputGradient: UnsafeBufferPointer(wide), weight: call.weights.linear1,
      residual: UnsafeBufferPointer(workspace.attended), inputGradient: workspace.stream)
  }

  /// The gradients of linear 2's parameters; `activated` is what it read.
  private func runLinear2Weight(
    _ call: Call, _ branch: UnsafeBufferPointer<Float>, activated: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    try linear2.ofWeight(accumulates: call.accumulates).run(
      outputGradient: branch, input: UnsafeBufferPointer(activated),
      weightGradient: call.gradients.linear2.elements, biasGradient: call.gradients.linear2Bias.elements)
  }

  /// From linear 1's input to the out map's result: the norm in between, whose sum's gradient stays in `stream`.
  private func runNorm(_ call: Call) throws(TesseraError) {
    let (kept, stream) = (call.kept.afterAttention, workspace.stream)
    // Between the halves stands a post-norm layer's first norm, a pre-norm one's second.
    let isPost = problem.normalization == .post
    let parameters = isPost ? norms.parameters1 : norms.parameters2
    var sums = parameters.operands(
      UnsafeBufferPointer(stream), kept.statistics,
      weightGradient: isPost ? call.rows.norm1Weight : call.rows.norm2Weight)
    sums.shiftGradient = isPost ? call.rows.norm1Shift : call.rows.norm2Shift
    try parameters.run(sums)
    let weight = isPost ? call.weights.norm1Weight : call.weights.norm2Weight
    let rows = isPost ? norms.rows1 : norms.rows2
    try rows.run(
      NormalizationGradientPlan.Operands(
        outputGradient: UnsafeBufferPointer(stream), sum: UnsafeBufferPointer(kept.sum.elements),
        mean: UnsafeBufferPointer(kept.mean.elements),
        inverseDeviation: UnsafeBufferPointer(kept.inverseDeviation.elements), weight: UnsafeBufferPointer(weight),
        sumGradient: isPost ? nil : call.outputGradient, residualGradient: stream,
        inputGradient: problem.drops ? workspace.branch : nil))
  }

  /// From the out map's result to the joint map's input, which in a post-norm layer is the layer's: there both ways
  /// meet.
  private func runAttention(_ call: Call) throws(TesseraError) {
    let (kept, gradients) = (call.kept, call.gradients)
    let ofOut = UnsafeBufferPointer(problem.drops ? workspace.branch : workspace.stream)
    let (attended, joint) = (workspace.attended, workspace.wide)
    try out.ofInput.run(outputGradient: ofOut, weight: call.weights.out, inputGradient: attended)
    try out.ofWeight(accumulates: call.accumulates).run(
      outputGradient: ofOut, input: UnsafeBufferPointer(kept.attended.elements),
      weightGradient: gradients.out.elements, biasGradient: gradients.outBias.elements)
    let heads = UnsafeBufferPointer(kept.queryKeyValue.elements)
    try attention.run(
      on: AttentionGradientBuffers(
        queries: heads, keys: heads, values: heads, bias: .init(start: nil, count: 0),
        mask: .init(start: nil, count: 0), slopes: .init(start: nil, count: 0), sinks: .init(start: nil, count: 0),
        output: UnsafeBufferPointer(kept.attended.elements),
        logSumExp: UnsafeBufferPointer(kept.attention.logSumExp.elements),
        outputGradient: UnsafeBufferPointer(attended), queriesGradient: joint, keysGradient: joint,
        valuesGradient: joint))
    let isPre = problem.normalization == .pre
    try queryKeyValue.ofInput.run(
      outputGradient: UnsafeBufferPointer(joint), weight: call.weights.queryKeyValue,
      residual: UnsafeBufferPointer(workspace.stream), inputGradient: isPre ? attended : call.inputGradient)
    let input = kept.attentionInput.map { UnsafeBufferPointer($0.elements) } ?? call.input
    try queryKeyValue.ofWeight(accumulates: call.accumulates).run(
      outputGradient: UnsafeBufferPointer(joint), input: input, weightGradient: gradients.queryKeyValue.elements,
      biasGradient: gradients.queryKeyValueBias.elements)
  }

  /// From a pre-norm layer's first norm's output to its input, where both ways meet.
  private func runTail(_ call: Call) throws(TesseraError) {
    guard problem.normalization == .pre else { return }
    let statistics = call.kept.inputStatistics!
    let (mean, inverse) = (
      UnsafeBufferPointer(statistics.mean.elements), UnsafeBufferPointer(statistics.inverseDeviation.elements)
    )
    let gradient = UnsafeBufferPointer(workspace.attended)
    try norms.parameters1.run(
      NormParameterGradientsPlan.Operands(
        outputGradient: gradient, sum: call.input, mean: mean, inverseDeviation: inverse,
        weightGradient: call.rows.norm1Weight, shiftGradient: call.rows.norm1Shift))
    try norms.rows1.run(
      NormalizationGradientPlan.Operands(
        outputGradient: gradient, sum: call.input, mean: mean, inverseDeviation: inverse,
        weight: UnsafeBufferPointer(call.weights.norm1Weight),
        sumGradient: UnsafeBufferPointer(workspace.stream), residualGradient: call.inputGradient))
  }
}
