import Tessera

extension TrainableDecoder {
  /// The loss of a batch, whose gradients are in `gradients` afterwards. `tokens` and `targets` have sequences · length
  /// ids, sequence by sequence: of each token the target is what comes next. Targets of −100 do not count.
  /// NaN and infinities follow the operators' rules. Throws before anything is written where there are more or fewer,
  /// or an id is not below the vocabulary's size.
  public func loss(
    of tokens: some Collection<Int32>, targets: some Collection<Int32>
  ) throws(TesseraError) -> Float {
    try check(tokens, "tokens", isTarget: false)
    try check(targets, "targets", isTarget: true)
    _ = memory.ids.update(fromContentsOf: tokens)
    _ = memory.targets.update(fromContentsOf: targets)
    try runForward()
    let loss = try runOutput()
    try runBackward()
    return loss
  }

  /// The loss alone and, of the output map, its gradients; those of the layers are left to `runBackward`.
  private func runOutput() throws(TesseraError) -> Float {
    let memory = memory
    let (weight, weightGradient) = (value(parameters.output), gradient(parameters.output))
    return try crossEntropy.run(
      memory.normalized.span, weight: weight.span, targets: memory.targets.span, losses: memory.losses.mutableSpan,
      inputGradient: memory.firstGradient.mutableSpan, weightGradient: weightGradient.mutableSpan)
  }

  /// From ids to what the output map reads, in `normalized`.
  private func runForward() throws(TesseraError) {
    let memory = memory
    let table = UnsafeRawBufferPointer(value(parameters.embedding))
    let stream = memory.layers[0].attentionInput.sum.elements
    try embedding.run(ids: memory.ids.span, table: table.bytes, output: stream.mutableSpan)
    for (index, layer) in memory.layers.enumerated() {
      let places = parameters.layers[index]
      if index == 0 {
        try norm.run(value(places.attentionNorm), output: layer.attentionNormalized, keeping: layer.attentionInput)
      } else {
        try norm.run(
          adding: memory.result, to: memory.layers[index - 1].feedForwardInput.sum.elements,
          value(places.attentionNorm), output: layer.attentionNormalized, keeping: layer.attentionInput)
      }
      try joint.run(layer.attentionNormalized, weight: value(places.joint), output: layer.joint)
      try attention.run(layer.joint, output: layer.attended, keeping: layer.attention)
      try attentionOutput.run(layer.attended, weight: value(places.attentionOutput), output: memory.result)
      try norm.run(
        adding: memory.result, to: layer.attentionInput.sum.elements, value(places.feedForwardNorm),
        output: layer.feedForwardNormalized, keeping: layer.feedForwardInput)
      try gateAndUp.run(layer.feedForwardNormalized, weight: value(places.gateAndUp), output: layer.gateAndUp)
      try gate.run(layer.gateAndUp, output: layer.activated)
      try down.run(layer.activated, weight: value(places.down), output: memory.result)
    }
    try norm.run(
      adding: memory.result, to: memory.layers[memory.layers.count - 1].feedForwardInput.sum.elements,
      value(parameters.outputNorm), output: memory.normalized, keeping: memory.outputInput)
  }

  /// From the gradient of what the output map read, in `firstGradient`, to all that is left.
  private func runBackward() throws(TesseraError) {
    let memory = memory
    // What has come past the blocks so far, and room for what comes through one.
    var (stream, other) = (memory.firstGradient, memory.secondGradient)
    try norm.gradients(
      inPlace: stream, memory.outputInput, value(parameters.outputNorm),
      weightGradient: gradient(parameters.outputNorm), adding: nil)
    for index in memory.layers.indices.reversed() {
      let (layer, places) = (memory.layers[index], parameters.layers[index])
      try runFeedForwardBackward(layer, places, stream: stream, to: other)
      swap(&stream, &other)
      try runAttentionBackward(layer, places, stream: stream, to: other)
      swap(&stream, &other)
    }
    let table = gradient(parameters.embedding)
    try embeddingGradient.run(
      ids: memory.ids.span, outputGradient: stream.span, tableGradient: table.mutableSpan)
  }

  private func runFeedForwardBackward(
    _ layer: TrainingMemory.Layer, _ places: DecoderParameters.Layer, stream: UnsafeMutableBufferPointer<Float>,
    to result: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    if recomputes { try gate.run(layer.gateAndUp, output: layer.activated) }
    try down.weightGradient(stream, input: layer.activated, to: gradient(places.down))
    try gate.gradient(stream, weight: value(places.down), inPlace: layer.gateAndUp)
    if recomputes {
      try norm.runAgain(layer.feedForwardInput, value(places.feedForwardNorm), output: layer.feedForwardNormalized)
    }
    try gateAndUp.inputGradient(layer.gateAndUp, weight: value(places.gateAndUp), to: result)
    try gateAndUp.weightGradient(layer.gateAndUp, input: layer.feedForwardNormalized, to: gradient(places.gateAndUp))
    try norm.gradients(
      inPlace: result, layer.feedForwardInput, value(places.feedForwardNorm),
      weightGradient: gradient(places.feedForwardNorm), adding: stream)
  }

  private func runAttentionBackward(
    _ layer: TrainingMemory.Layer, _ places: DecoderParameters.Layer, stream: UnsafeMutableBufferPointer<Float>,
    to result: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let memory = memory
    try attentionOutput.inputGradient(stream, weight: value(places.attentionOutput), to: memory.attendedGradient)
    try attentionOutput.weightGradient(stream, input: layer.attended, to: gradient(places.attentionOutput))
    try attention.gradient(
      memory.attendedGradient, joint: layer.joint, output: layer.attended, kept: layer.attention,
      to: memory.jointGradient)
    if recomputes {
      try norm.runAgain(layer.attentionInput, value(places.attentionNorm), output: layer.attentionNormalized)
    }
    try joint.inputGradient(memory.jointGradient, weight: value(places.joint), to: result)
    try joint.weightGradient(memory.jointGradient, input: layer.attentionNormalized, to: gradient(places.joint))
    try norm.gradients(
      inPlace: result, layer.attentionInput, value(places.attentionNorm),
      weightGradient: gradient(places.attentionNorm), adding: stream)
  }

  private func check(
    _ ids: some Collection<Int32>, _ operand: String, isTarget: Bool
  ) throws(TesseraError) {
    let (count, vocabulary) = (sequences * length, configuration.vocabularySize)
    guard ids.count == count else { throw Self.invalid(operand, expected: "\(count)", actual: "\(ids.count)") }
    if let wrong = ids.first(where: { ($0 < 0 || Int($0) >= vocabulary) && !(isTarget && $0 == -100) }) {
      throw Self.invalid(operand, expected: "ids below \(vocabulary)", actual: "\(wrong)")
    }
  }
}
