// Fused element-wise operators that keep nothing and drop nothing, each one pass over memory.

/// output[r][c] = max(input[r][c] + bias[c], 0) + residual[r][c]
///
/// Layouts give the extents; what is read may have any row stride. `output` shares no memory with what is read. Throws
/// `TesseraError.invalidOperand` before anything is written.
public func biasReLUResidual(
  _ input: Span<Float>, _ layout: MatrixLayout, bias: Span<Float>, residual: Span<Float>,
  residualLayout: MatrixLayout? = nil, output: consuming MutableSpan<Float>, outputLayout: MatrixLayout? = nil,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  let plan = try ElementwisePlan(
    .biasReLUResidual, [.bias, .activation(.relu), .residual],
    layouts: .init(
      input: layout, output: outputLayout ?? layout.contiguous, second: residualLayout ?? layout.contiguous),
    context: context)
  try plan.run(input, bias: bias, second: residual, output: output)
}

/// output[r][c] = activation(gate[r][c]) · up[r][c]: SwiGLU with SiLU, GeGLU with GELU or its approximation, ReGLU with
/// ReLU.
///
/// Layouts give the extents; what is read may have any row stride, so that gate and up can be two halves of one matrix.
/// `output` shares no memory with what is read (the `inPlace` form takes gate and output as one). The backward pass
/// needs gate and up. Throws `TesseraError.invalidOperand` before anything is written.
/// Shazeer, "GLU Variants Improve Transformer" (2020), section 2.
public func gatedActivation(
  _ activation: Activation, gate: Span<Float>, _ layout: MatrixLayout, up: Span<Float>, upLayout: MatrixLayout? = nil,
  output: consuming MutableSpan<Float>, outputLayout: MatrixLayout? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  let plan = try ElementwisePlan.gated(
    activation, gate: layout, up: upLayout, output: outputLayout ?? layout.contiguous, context: context)
  var output = output
  try gate.withBuffer { gate throws(TesseraError) in
    try up.withBuffer { up throws(TesseraError) in
      try output.withMutableBuffer { output throws(TesseraError) in
        try plan.run(.init(input: gate, output: output, second: up))
      }
    }
  }
}

/// gate[r][c] = activation(gate[r][c]) · up[r][c]
public func gatedActivation(
  _ activation: Activation, inPlace gate: consuming MutableSpan<Float>, _ layout: MatrixLayout, up: Span<Float>,
  upLayout: MatrixLayout? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  try GatedActivationPlan(activation, gate: layout, up: upLayout, context: context).run(inPlace: gate, up: up)
}
