/// Gated activation in place, planned: see `gatedActivation`. Any number of threads may run one plan.
///
///     gate[r][c] = activation(gate[r][c]) · up[r][c]
public struct GatedActivationPlan: Sendable {
  private let plan: ElementwisePlan

  /// Throws where layouts disagree or do not fit.
  public init(
    _ activation: Activation, gate: MatrixLayout, up: MatrixLayout? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    plan = try .gated(activation, gate: gate, up: up, output: gate, context: context)
  }

  /// Throws before anything is written where a span is too short or the two share memory.
  public func run(inPlace gate: consuming MutableSpan<Float>, up: Span<Float>) throws(TesseraError) {
    var gate = gate
    try up.withBuffer { up throws(TesseraError) in
      try gate.withMutableBuffer { gate throws(TesseraError) in
        try plan.run(.init(input: UnsafeBufferPointer(gate), output: gate, second: up))
      }
    }
  }
}

extension ElementwisePlan {
  /// Activation and product with the second matrix.
  static func gated(
    _ activation: Activation, gate: MatrixLayout, up: MatrixLayout?, output: MatrixLayout, context: ExecutionContext?
  ) throws(TesseraError) -> ElementwisePlan {
    try ElementwisePlan(
      .gated(activation), [.activation(activation), .gate],
      layouts: .init(input: gate, output: output, second: up ?? gate.contiguous), context: context)
  }
}
