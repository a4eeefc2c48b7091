/// output[r][c] = input[r][c] + residual[r][c]: the gradient of what went on on two ways (the paper's BEI).
///
/// Layouts give the extents; what is read may have any row stride. `output` shares no memory with what is read. Throws
/// `TesseraError.invalidOperand` before anything is written.
public func sumOfGradients(
  _ input: Span<Float>, _ layout: MatrixLayout, adding residual: Span<Float>, residualLayout: MatrixLayout? = nil,
  output: consuming MutableSpan<Float>, outputLayout: MatrixLayout? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  let plan = try ElementwisePlan(
    .gradientSum, [.residual],
    layouts: .init(
      input: layout, output: outputLayout ?? layout.contiguous, second: residualLayout ?? layout.contiguous),
    context: context)
  var output = output
  try input.withBuffer { input throws(TesseraError) in
    try residual.withBuffer { residual throws(TesseraError) in
      try output.withMutableBuffer { output throws(TesseraError) in
        try plan.run(.init(input: input, output: output, second: residual))
      }
    }
  }
}
