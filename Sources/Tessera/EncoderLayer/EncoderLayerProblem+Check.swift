extension EncoderLayerProblem {
  static let operation = "encoder-layer"

  /// Throws what is wrong with sizes and options. What an operator alone knows is checked by its plan.
  func check() throws(TesseraError) {
    for (operand, extent, least) in [
      ("batch", batch, 0), ("length", length, 0), ("hidden", hidden, 1), ("heads", heads, 1),
      ("feedforward", feedforward, 1),
    ] where !(least...Extent.largest).contains(extent) {
      throw invalid(operand, expected: "\(least) to \(Extent.largest)", actual: "\(extent)")
    }
    guard hidden % heads == 0 else {
      throw invalid("hidden", expected: "a multiple of the number of heads, \(heads)", actual: "\(hidden)")
    }
    // Extents have 31 bits, so that these products do not overflow.
    let widest = max(3 * hidden, feedforward)
    guard areWithinSizeLimit(batch * length, widest), areWithinSizeLimit(widest, hidden) else {
      throw invalid(
        "batch, length, hidden, feedforward",
        expected: "tensors that fit in memory, at most \(maximumElementCount) elements",
        actual: "\(batch), \(length), \(hidden), \(feedforward)")
    }
    try checkLengths()
    guard epsilon >= 0, epsilon.isFinite else {
      throw invalid("epsilon", expected: "a finite number, 0 or more", actual: epsilon.spelled)
    }
    let lastPlace = EncoderLayerDropout.allCases.last!.rawValue
    if mode == .training, let dropout, dropout.offset > UInt32.max - lastPlace {
      throw invalid(
        "dropout", expected: "an offset that leaves room for \(lastPlace) more", actual: "offset \(dropout.offset)")
    }
    for (operand, layout) in [("input", input), ("output", output)] {
      try layout.check(
        rows: batch * length, columns: hidden, count: .max, written: operand == "output", operation: Self.operation,
        operand: operand)
    }
    _ = try attention.checkedExtents()
  }

  private func checkLengths() throws(TesseraError) {
    guard let keyLengths else { return }
    guard keyLengths.count == batch else {
      throw invalid("key lengths", expected: "\(batch), one a sequence", actual: "\(keyLengths.count)")
    }
    for (sequence, tokens) in keyLengths.enumerated() where !(0...length).contains(tokens) {
      throw invalid("key length of sequence \(sequence)", expected: "0 to \(length)", actual: "\(tokens)")
    }
  }

  private func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: Self.operation, operand: operand, expected: expected, actual: actual)
  }
}

/// What the layer's operators are asked for.
extension EncoderLayerProblem {
  /// B·L
  var tokens: Int { batch * length }

  /// B·L rows without gaps.
  func rows(of columns: Int) -> MatrixLayout { MatrixLayout(rows: tokens, columns: columns) }

  /// The dropout of one place; nil where there is none, and in inference.
  func dropout(at place: EncoderLayerDropout) throws(TesseraError) -> Dropout? {
    guard mode == .training, let dropout else { return nil }
    return try Dropout(probability: dropout.probability, seed: dropout.seed, offset: dropout.offset(at: place))
  }

  /// Queries, keys and values one after the other, each with the rows of a head side by side: what attention reads for
  /// a head then lies in one piece, and the product's rows are not a multiple of 4 KiB apart.
  var inputBias: AttentionInputBiasProblem {
    var problem = AttentionInputBiasProblem(
      batch: batch, length: length, queryHeads: heads, headDimension: hidden / heads)
    problem.keys.offset = tokens * hidden
    problem.values.offset = 2 * tokens * hidden
    return problem
  }

  /// Attention on those; each head's result goes into its columns of rows of I.
  var attention: AttentionProblem {
    get throws(TesseraError) {
      var attention = AttentionProblem(
        batch: batch, queryHeads: heads, queryLength: length, headDimension: hidden / heads, order: .rowsFirst)
      let parts = inputBias
      (attention.queries, attention.keys, attention.values) = (parts.queries, parts.keys, parts.values)
      attention.mask = mask.alignedToStart
      // A token is a query and a key.
      attention.queryLengths = keyLengths
      attention.keyLengths = keyLengths
      attention.dropout = try dropout(at: .attention)
      attention.writesLogSumExp = mode == .training
      return attention
    }
  }

  /// Whether the backward pass needs what the activation was computed from, and not its result alone.
  var keepsActivationInput: Bool {
    mode == .training
      && BiasActivationDropoutSavedTensors(activation: activation, dropout: nil).neededTensor == .input
  }

  /// Whether linear 2's input is held from the forward pass to the backward one.
  var keepsActivated: Bool { mode == .training && !makesActivatedAgain }

  /// Whether the backward pass makes linear 2's input again: where what it is made from is kept anyway.
  var makesActivatedAgain: Bool { recomputesActivated && keepsActivationInput }
}

extension AttentionMask {
  /// The same mask counted from the first token of both sides. In self-attention a token's place among the queries is
  /// its place among the keys; a sequence shorter than its room would otherwise be counted from the end of the room.
  fileprivate var alignedToStart: AttentionMask {
    switch self {
    case .full: .full
    case .causal: .causal(alignment: .topLeft)
    case .window(let left, let right, _): .window(left: left, right: right, alignment: .topLeft)
    }
  }
}
