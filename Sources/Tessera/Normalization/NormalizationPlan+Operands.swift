extension NormalizationPlan {
  /// The spans that every call has as buffers. Without its bias a fused call has none, and RMS norm has no shift.
  func withOperands(
    _ input: Span<Float>, bias: Span<Float>? = nil, weight: Span<Float>, shift: Span<Float>? = nil,
    output: inout MutableSpan<Float>, _ body: (Operands) throws(TesseraError) -> Void
  ) throws(TesseraError) {
    try checkPresence(of: bias)
    let (hasBias, hasShift) = (bias != nil, shift != nil)
    try input.withBuffer { input throws(TesseraError) in
      try withBuffer(bias) { bias throws(TesseraError) in
        try weight.withBuffer { weight throws(TesseraError) in
          try withBuffer(shift) { shift throws(TesseraError) in
            try output.withMutableBuffer { output throws(TesseraError) in
              try body(
                .init(
                  input: input, bias: hasBias ? bias : nil, weight: weight, shift: hasShift ? shift : nil,
                  output: output))
            }
          }
        }
      }
    }
  }

  /// The same for a norm alone whose result takes the input's place.
  func withOperands(
    inPlace matrix: inout MutableSpan<Float>, weight: Span<Float>, shift: Span<Float>? = nil,
    _ body: (Operands) throws(TesseraError) -> Void
  ) throws(TesseraError) {
    let hasShift = shift != nil
    try weight.withBuffer { weight throws(TesseraError) in
      try withBuffer(shift) { shift throws(TesseraError) in
        try matrix.withMutableBuffer { matrix throws(TesseraError) in
          try body(
            .init(
              input: UnsafeBufferPointer(matrix), weight: weight, shift: hasShift ? shift : nil, output: matrix))
        }
      }
    }
  }

  private func checkPresence(of bias: Span<Float>?) throws(TesseraError) {
    guard (bias != nil) == hasBias else {
      throw .invalidOperand(
        operation: operation, operand: "bias",
        expected: hasBias ? "\(columns) values" : "none, the plan has no bias", actual: hasBias ? "nil" : "some")
    }
  }

  /// What every call of a fused plan but one that keeps for training must find: that the plan returns the sum, or not.
  func checkSum(isReturned: Bool) throws(TesseraError) {
    guard (mode == .inference && layouts.sum != nil) == isReturned else {
      throw .invalidOperand(
        operation: operation, operand: "sum",
        expected: isReturned ? "a plan for inference that returns it" : "a place for it", actual: "none")
    }
  }

  /// What training needs, and inference does not use.
  func checkKept<Kept>(_ kept: Kept?) throws(TesseraError) -> Kept? {
    guard mode == .training else { return nil }
    guard let kept else {
      throw .invalidOperand(
        operation: operation, operand: "keeping", expected: "a place for what training keeps", actual: "nil")
    }
    return kept
  }

  /// Whether the call is in place. Throws before anything is written where memory is short or shared.
  func check(_ operands: Operands) throws(TesseraError) -> Bool {
    try layouts.input.check(
      rows: rows, columns: columns, count: operands.input.count, written: false, operation: descriptor.name,
      operand: "input")
    let others = try placeOnSums(operands)
    return try checkOverlap(
      descriptor,
      reads: [
        PlacedMatrix("input", operands.input, layouts.input), others.reads[0], others.reads[1], others.reads[2],
        others.reads[3],
      ], writes: others.writes)
  }

  /// Where all operands lie but the input. Throws where one is too short.
  func placeOnSums(
    _ operands: Operands
  ) throws(TesseraError) -> (reads: InlineArray<4, PlacedMatrix>, writes: InlineArray<4, PlacedMatrix>) {
    let name = operation
    func placed(
      _ operand: String, _ buffer: UnsafeBufferPointer<Float>?, _ layout: MatrixLayout?, written: Bool = false
    ) throws(TesseraError) -> PlacedMatrix {
      guard let buffer, let layout else { return .absent }
      try layout.check(
        rows: rows, columns: columns, count: buffer.count, written: written, operation: name, operand: operand)
      return PlacedMatrix(operand, buffer, layout)
    }
    func placed(_ operand: String, _ buffer: UnsafeBufferPointer<Float>?, _ count: Int) throws(TesseraError)
      -> PlacedMatrix
    {
      guard let buffer else { return .absent }
      try checkVector(buffer.count, expected: count, operation: name, operand: operand)
      return PlacedMatrix(operand, buffer, MatrixLayout(rows: 1, columns: count))
    }
    return (
      [
        try placed(parameterPrefix + "weight", operands.weight, columns),
        try placed(parameterPrefix + "shift", operands.shift, columns),
        try placed("bias", operands.bias, columns), try placed("residual", operands.residual, layouts.residual),
      ],
      [
        try placed("output", UnsafeBufferPointer(operands.output), layouts.output, written: true),
        try placed("sum", operands.sum.map { UnsafeBufferPointer($0) }, layouts.sum, written: true),
        try placed("mean", operands.mean.map { UnsafeBufferPointer($0) }, rows),
        try placed(inverseDeviationName, operands.inverseDeviation.map { UnsafeBufferPointer($0) }, rows),
      ]
    )
  }
}
