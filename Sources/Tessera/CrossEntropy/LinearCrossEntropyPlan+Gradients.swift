extension LinearCrossEntropyPlan {
  /// The loss and its gradients, of a plan for training. Nothing that is written shares memory with anything else.
  /// Throws before anything is written where memory is short or shared, or a target that counts is no column.
  public func run(
    _ input: Span<Float>, weight: Span<Float>, targets: Span<Int32>, losses: consuming MutableSpan<Float>,
    inputGradient: consuming MutableSpan<Float>, weightGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) -> Float {
    var losses = losses
    var loss: Float = 0
    var inputGradient = inputGradient
    var weightGradient = weightGradient
    try weight.withBuffer { weight throws(TesseraError) in
      loss = try run(
        input, .rows(weight), .rows(weight), targets, &losses, &inputGradient, &weightGradient)
    }
    return loss
  }

  /// The same with weights that were packed both for the map and for its input's gradient.
  public func run(
    _ input: Span<Float>, weight: PackedWeights, weightForInputGradient: PackedWeights, targets: Span<Int32>,
    losses: consuming MutableSpan<Float>, inputGradient: consuming MutableSpan<Float>,
    weightGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) -> Float {
    var losses = losses
    var inputGradient = inputGradient
    var weightGradient = weightGradient
    return try run(
      input, .packed(weight), .packed(weightForInputGradient), targets, &losses, &inputGradient, &weightGradient)
  }

  private func run(
    _ input: Span<Float>, _ weight: LinearWeight, _ weightForInputGradient: LinearWeight, _ targets: Span<Int32>,
    _ losses: inout MutableSpan<Float>, _ inputGradient: inout MutableSpan<Float>,
    _ weightGradient: inout MutableSpan<Float>
  ) throws(TesseraError) -> Float {
    var loss: Float = 0
    try input.withBuffer { input throws(TesseraError) in
      try targets.withBuffer { targets throws(TesseraError) in
        try losses.withMutableBuffer { losses throws(TesseraError) in
          try inputGradient.withMutableBuffer { inputGradient throws(TesseraError) in
            try weightGradient.withMutableBuffer { weightGradient throws(TesseraError) in
              loss = try run(
                LinearCrossEntropyOperands(
                  input: input, weight: weight, weightForInputGradient: weightForInputGradient, targets: targets,
                  losses: losses, inputGradient: inputGradient, weightGradient: weightGradient))
            }
          }
        }
      }
    }
    return loss
  }
}
