/// The gradient of bias, activation and dropout in one pass over memory (the paper's BDRB), planned.
///
///     inputGradient[r][c] = activation′(input[r][c] + bias[c]) · dropout(outputGradient[r][c])
///     biasGradient[c] = Σ_r inputGradient[r][c]
///
/// ReLU's is told from the forward call's output, whose zeros are those of what was dropped, too; the others need its
/// input and bias, and draw the mask again from seed and offset. Sums of 128 rows are taken in single precision, those
/// in double, in an order that follows from the extents: the same bits for every number of threads. A plan holds its
/// scratch, so one plan runs one call at a time.
///
/// An activation alone is one with a bias of zeros, which changes no bit of the gradient, and without dropout: `saved`
/// is then `savedTensors` of a `BiasActivationDropoutPlan` made with `dropout: nil`, which need not be run, and
/// biasGradient a row of sums that nobody reads.
/// Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4, for ReLU.
public final class BiasActivationDropoutGradientPlan {
  private let plan: ActivationGradientPlan

  /// Scratch of all threads, and partial sums.
  public var workspaceBytes: Int { plan.sums.byteCount }

  /// `saved` is the forward plan's, which says what the call will need, and was dropped. Layouts cover `planes` planes
  /// one after the other, as the forward call's. Throws where they disagree or do not fit.
  public init(
    _ saved: BiasActivationDropoutSavedTensors, outputGradient layout: MatrixLayout, neededTensor: MatrixLayout? = nil,
    inputGradient: MatrixLayout? = nil, planes: Int = 1, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    plan = try ActivationGradientPlan(
      saved.activation, planes: planes,
      layouts: .init(
        outputGradient: layout, saved: neededTensor ?? layout.contiguous,
        inputGradient: inputGradient ?? layout.contiguous),
      dropout: saved.dropout, context: context)
  }

  /// Matrices lie as the layouts say; `neededTensor` is the forward call's output, of ReLU, or its input. The bias is
  /// nil for ReLU, else the forward call's. bias and biasGradient: columns values. What is written shares memory with
  /// nothing else. A dropped element's gradient is 0 whatever it held. Throws before anything is written where a span
  /// is too short, or the bias is missing or not needed.
  public func run(
    _ outputGradient: Span<Float>, neededTensor: Span<Float>, bias: Span<Float>? = nil,
    inputGradient: consuming MutableSpan<Float>, biasGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var inputGradient = inputGradient
    var biasGradient = biasGradient
    let hasBias = bias != nil
    try plan.stage.checkPresence(ofBias: hasBias, operation: plan.descriptor.name)
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try neededTensor.withBuffer { saved throws(TesseraError) in
        try withBuffer(bias) { bias throws(TesseraError) in
          try inputGradient.withMutableBuffer { inputGradient throws(TesseraError) in
            try biasGradient.withMutableBuffer { biasGradient throws(TesseraError) in
              try plan.run(
                .init(
                  outputGradient: outputGradient, saved: saved, bias: hasBias ? bias : nil,
                  inputGradient: inputGradient, biasGradient: biasGradient))
            }
          }
        }
      }
    }
  }
}

/// The gradient of bias, activation and dropout in one call: makes a plan, runs it, lets it go. See
/// `BiasActivationDropoutGradientPlan`.
public func biasActivationDropoutGradient(
  _ saved: BiasActivationDropoutSavedTensors, _ outputGradient: Span<Float>, _ layout: MatrixLayout, planes: Int = 1,
  neededTensor: Span<Float>, bias: Span<Float>? = nil, inputGradient: consuming MutableSpan<Float>,
  biasGradient: consuming MutableSpan<Float>, context: ExecutionContext? = nil
) throws(TesseraError) {
  try BiasActivationDropoutGradientPlan(saved, outputGradient: layout, planes: planes, context: context)
    .run(
      outputGradient, neededTensor: neededTensor, bias: bias, inputGradient: inputGradient, biasGradient: biasGradient)
}
