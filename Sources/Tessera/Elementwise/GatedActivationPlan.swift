/// Gated activation, planned: see `gatedActivation`. Any number of threads may run one plan.
///
///     output[r][c] = activation(gate[r][c]) · up[r][c], in place of the gate unless there is a layout of the output
public struct GatedActivationPlan: Sendable {
  private let plan: ElementwisePlan

  /// `output`: the gate's layout, for calls in place, unless given. Throws where layouts disagree or do not fit.
  public init(
    _ activation: Activation, gate: MatrixLayout, up: MatrixLayout? = nil, output: MatrixLayout? = nil,
    context: ExecutionContext? = nil
  ) throws(TesseraError) {
    plan = try .gated(activation, gate: gate, up: up, output: output ?? gate, context: context)
  }

  /// Of gate and up that are parts of one matrix, as its two halves are, and stay as they are: their layouts' offsets
  /// say where. Throws before anything is written where a span is too short or memory is shared.
  public func run(ofBoth gateAndUp: Span<Float>, output: consuming MutableSpan<Float>) throws(TesseraError) {
    var output = output
    try gateAndUp.withBuffer { both throws(TesseraError) in
      try output.withMutableBuffer { output throws(TesseraError) in
        try plan.run(.init(input: both, output: output, second: both))
      }
    }
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
