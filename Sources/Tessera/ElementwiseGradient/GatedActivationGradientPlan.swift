/// The gradients of a gated activation in one pass over memory, planned. Any number of threads may run one plan.
///
///     gateGradient[r][c] = outputGradient[r][c] · up[r][c] · activation′(gate[r][c])
///     upGradient[r][c] = outputGradient[r][c] · activation(gate[r][c])
///
/// `gatedActivation` keeps nothing: its gate and up are needed again, and so it may not have been in place; training's
/// `LinearGatedActivationPlan` keeps both. ReLU's slope at 0 is 0, and wherever its gate is not above 0, or NaN, the
/// gate's gradient is 0.
/// Shazeer, "GLU Variants Improve Transformer" (2020), section 2.
public struct GatedActivationGradientPlan: Sendable {
  private let plan: GateGradientPlan

  /// Layouts give the extents; what is read may have any row stride, and the gradients lie without gaps unless their
  /// layouts say otherwise: as those of gate and up where a call is in place. Throws where they disagree or do not fit.
  public init(
    _ activation: Activation, outputGradient layout: MatrixLayout, gate: MatrixLayout? = nil, up: MatrixLayout? = nil,
    gateGradient: MatrixLayout? = nil, upGradient: MatrixLayout? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    plan = try GateGradientPlan(
      activation,
      layouts: .init(
        outputGradient: layout, gate: gate ?? layout.contiguous, up: up ?? layout.contiguous,
        gateGradient: gateGradient ?? layout.contiguous, upGradient: upGradient ?? layout.contiguous),
      context: context)
  }

  /// What is written shares memory with nothing else. Throws before anything is written where a span is too short.
  public func run(
    _ outputGradient: Span<Float>, gate: Span<Float>, up: Span<Float>, gateGradient: consuming MutableSpan<Float>,
    upGradient: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var gateGradient = gateGradient
    var upGradient = upGradient
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try gate.withBuffer { gate throws(TesseraError) in
        try up.withBuffer { up throws(TesseraError) in
          try gateGradient.withMutableBuffer { gateGradient throws(TesseraError) in
            try upGradient.withMutableBuffer { upGradient throws(TesseraError) in
              try plan.run(
                .init(
                  outputGradient: outputGradient, gate: gate, up: up, gateGradient: gateGradient,
                  upGradient: upGradient))
            }
          }
        }
      }
    }
  }

  /// Each gradient in the place of what it is the gradient of, whose layouts are the gradients'. Throws before anything
  /// is written where a span is too short, memory is shared, or a gradient's layout is another.
  public func run(
    _ outputGradient: Span<Float>, inPlace gate: consuming MutableSpan<Float>, up: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var gate = gate
    var up = up
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try gate.withMutableBuffer { gate throws(TesseraError) in
        try up.withMutableBuffer { up throws(TesseraError) in
          try plan.run(
            .init(
              outputGradient: outputGradient, gate: UnsafeBufferPointer(gate), up: UnsafeBufferPointer(up),
              gateGradient: gate, upGradient: up))
        }
      }
    }
  }

  /// The same where gate and up are parts of one matrix, as its two halves are: their layouts' offsets say where.
  public func run(
    _ outputGradient: Span<Float>, inPlaceOfBoth gateAndUp: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var gateAndUp = gateAndUp
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try gateAndUp.withMutableBuffer { both throws(TesseraError) in
        let read = UnsafeBufferPointer(both)
        try plan.run(
          .init(outputGradient: outputGradient, gate: read, up: read, gateGradient: both, upGradient: both))
      }
    }
  }
}

/// The gradients of a gated activation in one call. See `GatedActivationGradientPlan`.
public func gatedActivationGradient(
  _ activation: Activation, _ outputGradient: Span<Float>, _ layout: MatrixLayout, gate: Span<Float>, up: Span<Float>,
  gateGradient: consuming MutableSpan<Float>, upGradient: consuming MutableSpan<Float>, context: ExecutionContext? = nil
) throws(TesseraError) {
  try GatedActivationGradientPlan(activation, outputGradient: layout, context: context)
    .run(outputGradient, gate: gate, up: up, gateGradient: gateGradient, upGradient: upGradient)
}
