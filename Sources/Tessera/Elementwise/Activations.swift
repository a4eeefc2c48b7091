/// output[r][c] = activation(input[r][c])
///
/// Layouts give the extents; what is read may have any row stride. `output` shares no memory with what is read (the
/// `inPlace` form takes one operand). NaN stays NaN; +inf gives +inf, −inf 0. docs/numerics.md has the errors. Throws
/// `TesseraError.invalidOperand` before anything is written.
public func activate(
  _ input: Span<Float>, _ layout: MatrixLayout, with activation: Activation, output: consuming MutableSpan<Float>,
  outputLayout: MatrixLayout? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  let plan = try ElementwisePlan(
    .activation(activation), [.activation(activation)],
    layouts: .init(input: layout, output: outputLayout ?? layout.contiguous), context: context)
  try plan.run(input, output)
}

/// matrix[r][c] = activation(matrix[r][c])
public func activate(
  inPlace matrix: consuming MutableSpan<Float>, _ layout: MatrixLayout, with activation: Activation,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  let plan = try ElementwisePlan(
    .activation(activation), [.activation(activation)], layouts: .init(input: layout, output: layout),
    context: context)
  try plan.run(inPlace: matrix)
}

/// output[r][c] = max(input[r][c], 0): `activate` with `.relu`.
public func relu(
  _ input: Span<Float>, _ layout: MatrixLayout, output: consuming MutableSpan<Float>,
  outputLayout: MatrixLayout? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  try activate(input, layout, with: .relu, output: output, outputLayout: outputLayout, context: context)
}

/// matrix[r][c] = max(matrix[r][c], 0): `activate` with `.relu`.
public func relu(
  inPlace matrix: consuming MutableSpan<Float>, _ layout: MatrixLayout, context: ExecutionContext? = nil
) throws(TesseraError) {
  try activate(inPlace: matrix, layout, with: .relu, context: context)
}
