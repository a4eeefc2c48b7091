extension EncoderLayerProblem {
  static let backwardOperation = "encoder-layer-backward"

  /// Throws what of the problem is wrong for a backward pass.
  func checkBackward() throws(TesseraError) {
    try check()
    guard mode == .training else {
      throw .invalidOperand(
        operation: Self.backwardOperation, operand: "mode", expected: ExecutionMode.training.rawValue,
        actual: mode.rawValue)
    }
    try input.check(
      rows: tokens, columns: hidden, count: .max, written: true, operation: Self.backwardOperation,
      operand: "input-gradient")
  }
}

extension EncoderLayerBackward {
  /// Everything that an operator could refuse later, before the first of them writes.
  func check(_ call: Call) throws(TesseraError) {
    let name = EncoderLayerProblem.backwardOperation
    let (hidden, inner) = (problem.hidden, problem.feedforward)
    func checkMatrix(_ operand: String, _ layout: MatrixLayout, _ count: Int, written: Bool) throws(TesseraError) {
      try layout.check(
        rows: problem.tokens, columns: hidden, count: count, written: written, operation: name, operand: operand)
    }
    try checkMatrix("output-gradient", problem.output, call.outputGradient.count, written: false)
    try checkMatrix("input", problem.input, call.input.count, written: false)
    try checkMatrix("input-gradient", problem.input, call.inputGradient.count, written: true)
    guard call.kept.fits(problem) else {
      throw .invalidOperand(
        operation: name, operand: "kept", expected: "saved tensors " + EncoderLayerSavedTensors.kindred,
        actual: "those of another")
    }
    try call.kept.checkCall(of: problem)
    func vector(_ operand: String, _ elements: EncoderLayerOperands.Vector, _ count: Int) -> PlacedMatrix {
      PlacedMatrix(operand, UnsafeBufferPointer(elements), MatrixLayout(rows: 1, columns: count))
    }
    // Output gradient, input, four matrices, eight vectors, fifteen tensors that were kept.
    var reads = InlineArray<29, PlacedMatrix>(repeating: .absent)
    reads[0] = PlacedMatrix("output-gradient", call.outputGradient, problem.output)
    reads[1] = PlacedMatrix("input", call.input, problem.input)
    let weights = call.weights
    func matrix(
      _ operand: String, _ weight: LinearWeight, _ gradients: LinearGradients
    ) throws(TesseraError) -> PlacedMatrix {
      try gradients.ofInput.map.check(weight, operation: name, operand: operand)
      return gradients.ofInput.map.placed(weight, operand: operand)
    }
    reads[2] = try matrix("query-key-value", weights.queryKeyValue, queryKeyValue)
    reads[3] = try matrix("out", weights.out, out)
    reads[4] = try matrix("linear-1", weights.linear1, linear1)
    reads[5] = try matrix("linear-2", weights.linear2, linear2)
    let vectors = weights.vectors(hidden: hidden, inner: inner)
    for index in vectors.indices {
      let (operand, elements, count) = vectors[index]
      try checkVector(elements.count, expected: count, operation: name, operand: operand)
      reads[6 + index] = vector(operand, elements, count)
    }
    let kept = call.kept.buffers
    for index in kept.indices {
      if let elements = kept[index] { reads[14 + index] = vector("kept", elements, elements.count) }
    }
    var writes = InlineArray<13, PlacedMatrix>(repeating: .absent)
    writes[0] = PlacedMatrix("input-gradient", UnsafeBufferPointer(call.inputGradient), problem.input)
    let gradients = call.gradients.places(hidden: hidden, inner: inner)
    for index in gradients.indices {
      let (operand, elements, count) = gradients[index]
      try checkVector(elements.count, expected: count, operation: name, operand: operand)
      writes[1 + index] = vector(operand, elements, count)
    }
    try checkOverlap(operation: name, reads: reads, writes: writes)
  }
}
