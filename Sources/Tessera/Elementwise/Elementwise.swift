// The element-wise operators that the layer's baseline is made of, each one pass over memory.
//
// Common to all: `input` and `output` are rows × columns as their layouts say (contiguous when only extents are given),
// in any alignment; an operand may be larger than its layout needs. `output` may not share memory with what is read;
// in-place forms, where there are any, take the one operand as `inPlace`. Empty matrices are allowed and do nothing.
// Each throws `TesseraError.invalidOperand` where extents, strides or spans do not fit, before anything is written.

/// output[r][c] = input[r][c] + bias[c]
///
/// Layouts give the extents; what is read may have any row stride. `output` shares no memory with what is read (the
/// `inPlace` form takes one operand). Throws `TesseraError.invalidOperand` before anything is written.
public func addBias(
  _ input: Span<Float>, _ layout: MatrixLayout, bias: Span<Float>, output: consuming MutableSpan<Float>,
  outputLayout: MatrixLayout? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  let plan = try ElementwisePlan(
    .bias, [.bias], layouts: .init(input: layout, output: outputLayout ?? layout.contiguous), context: context)
  try plan.run(input, bias: bias, output: output)
}

/// matrix[r][c] += bias[c]
public func addBias(
  inPlace matrix: consuming MutableSpan<Float>, _ layout: MatrixLayout, bias: Span<Float>,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  try BiasPlan(layout, context: context).run(inPlace: matrix, bias: bias)
}

/// output[r][c] = factor · input[r][c]
///
/// Layouts give the extents; what is read may have any row stride. `output` shares no memory with what is read (the
/// `inPlace` form takes one operand). Throws `TesseraError.invalidOperand` before anything is written.
public func scale(
  _ input: Span<Float>, _ layout: MatrixLayout, by factor: Float, output: consuming MutableSpan<Float>,
  outputLayout: MatrixLayout? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  let plan = try ElementwisePlan(
    .scale, [.scale(factor)], layouts: .init(input: layout, output: outputLayout ?? layout.contiguous), context: context
  )
  try plan.run(input, output)
}

/// matrix[r][c] *= factor
public func scale(
  inPlace matrix: consuming MutableSpan<Float>, _ layout: MatrixLayout, by factor: Float,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  let plan = try ElementwisePlan(
    .scale, [.scale(factor)], layouts: .init(input: layout, output: layout), context: context)
  try plan.run(inPlace: matrix)
}

/// output[r][c] = input[r][c] + residual[r][c]
///
/// Layouts give the extents; what is read may have any row stride. `output` shares no memory with what is read. Throws
/// `TesseraError.invalidOperand` before anything is written.
public func addResidual(
  _ input: Span<Float>, _ layout: MatrixLayout, residual: Span<Float>, residualLayout: MatrixLayout? = nil,
  output: consuming MutableSpan<Float>, outputLayout: MatrixLayout? = nil, context: ExecutionContext? = nil
) throws(TesseraError) {
  let layouts = ElementwisePlan.Layouts(
    input: layout, output: outputLayout ?? layout.contiguous, second: residualLayout ?? layout.contiguous)
  let plan = try ElementwisePlan(.residual, [.residual], layouts: layouts, context: context)
  var output = output
  try input.withBuffer { input throws(TesseraError) in
    try residual.withBuffer { residual throws(TesseraError) in
      try output.withMutableBuffer { output throws(TesseraError) in
        try plan.run(.init(input: input, output: output, second: residual))
      }
    }
  }
}

/// output = input / (1 − p) where kept, 0 elsewhere; the mask of kept elements is stored, 1 kept, 0 dropped.
///
/// `layout` covers `planes` planes one after the other, each with rows / planes rows; `Dropout` says what is kept.
/// `mask` is contiguous, one byte an element. A dropped element is 0 whatever it held; p = 0 copies, p = 1 clears.
/// `output` and `mask` share memory with nothing. Throws `TesseraError.invalidOperand` before anything is written.
public func dropout(
  _ input: Span<Float>, _ layout: MatrixLayout, _ dropout: Dropout, planes: Int = 1,
  output: consuming MutableSpan<Float>, outputLayout: MatrixLayout? = nil, mask: consuming MutableSpan<UInt8>,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  let plan = try ElementwisePlan(
    .dropout, [.dropout(dropout)], planes: planes,
    layouts: .init(input: layout, output: outputLayout ?? layout.contiguous), context: context)
  var output = output
  var mask = mask
  try input.withBuffer { input throws(TesseraError) in
    try mask.withMutableBuffer { mask throws(TesseraError) in
      try output.withMutableBuffer { output throws(TesseraError) in
        try plan.run(.init(input: input, output: output, mask: mask))
      }
    }
  }
}
