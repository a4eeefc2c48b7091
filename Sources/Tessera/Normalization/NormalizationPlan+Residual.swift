/// The fused plans, and their calls by where the sum goes.
extension NormalizationPlan {
  /// A plan with a residual. In inference the sum is written where `returnedSum` says, in training it is kept,
  /// contiguous.
  init(
    _ norm: Norm, input: MatrixLayout, residual: MatrixLayout?, output: MatrixLayout?, returnedSum: MatrixLayout?,
    hasBias: Bool, dropout: Dropout?, epsilon: Float, mode: ExecutionMode, context: ExecutionContext?
  ) throws(TesseraError) {
    guard mode == .inference || returnedSum == nil else {
      throw .invalidOperand(
        operation: OperatorDescriptor.biasDropoutResidualNorm(norm).name, operand: "sum",
        expected: "no layout in training, which keeps the sum", actual: "\(returnedSum!)")
    }
    try self.init(
      norm,
      layouts: .init(
        input: input, output: output ?? input.contiguous, residual: residual ?? input.contiguous,
        sum: mode == .training ? input.contiguous : returnedSum),
      hasBias: hasBias, epsilon: epsilon, dropout: dropout, mode: mode, context: try .resolve(context))
  }

  /// What training keeps of a fused call.
  struct Kept {
    var sum: AlignedBuffer<Float>
    var mean: AlignedBuffer<Float>? = nil
    var inverseDeviation: AlignedBuffer<Float>
  }

  /// The operands of a call whose sum is kept, or not written.
  func withOperands(
    _ input: Span<Float>, bias: Span<Float>?, residual: Span<Float>, weight: Span<Float>, shift: Span<Float>? = nil,
    output: inout MutableSpan<Float>, keeping kept: Kept?, _ body: (Operands) throws(TesseraError) -> Void
  ) throws(TesseraError) {
    try checkSum(isReturned: false)
    let kept = try checkKept(kept)
    try withOperands(input, bias: bias, weight: weight, shift: shift, output: &output) {
      operands throws(TesseraError) in
      try residual.withBuffer { residual throws(TesseraError) in
        var operands = operands
        operands.residual = residual
        operands.sum = kept?.sum.elements
        operands.mean = kept?.mean?.elements
        operands.inverseDeviation = kept?.inverseDeviation.elements
        try body(operands)
      }
    }
  }

  /// Of one whose sum is returned.
  func withOperands(
    _ input: Span<Float>, bias: Span<Float>?, residual: Span<Float>, weight: Span<Float>, shift: Span<Float>? = nil,
    output: inout MutableSpan<Float>, sum: inout MutableSpan<Float>,
    _ body: (Operands) throws(TesseraError) -> Void
  ) throws(TesseraError) {
    try checkSum(isReturned: true)
    try withOperands(input, bias: bias, weight: weight, shift: shift, output: &output) {
      operands throws(TesseraError) in
      try residual.withBuffer { residual throws(TesseraError) in
        try sum.withMutableBuffer { sum throws(TesseraError) in
          var operands = operands
          (operands.residual, operands.sum) = (residual, sum)
          try body(operands)
        }
      }
    }
  }

  /// Of one whose sum is returned in the residual's place.
  func withOperands(
    _ input: Span<Float>, bias: Span<Float>?, addingTo residual: inout MutableSpan<Float>, weight: Span<Float>,
    shift: Span<Float>? = nil, output: inout MutableSpan<Float>, _ body: (Operands) throws(TesseraError) -> Void
  ) throws(TesseraError) {
    try checkSum(isReturned: true)
    try withOperands(input, bias: bias, weight: weight, shift: shift, output: &output) {
      operands throws(TesseraError) in
      try residual.withMutableBuffer { residual throws(TesseraError) in
        var operands = operands
        (operands.residual, operands.sum) = (UnsafeBufferPointer(residual), residual)
        try body(operands)
      }
    }
  }
}

/// The number of elements of a sum that is kept; throws for extents that do not fit.
func keptSumCount(rows: Int, columns: Int, _ descriptor: OperatorDescriptor) throws(TesseraError) -> Int {
  let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
  guard rows >= 0, columns >= 0, !overflow else {
    throw .invalidOperand(
      operation: descriptor.name, operand: "keeping", expected: "extents of 0 or more that fit in memory",
      actual: "\(rows) × \(columns)")
  }
  return count
}
