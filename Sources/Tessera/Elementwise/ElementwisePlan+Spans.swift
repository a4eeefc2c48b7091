/// The calls that take spans, which the operators share.
extension ElementwisePlan {
  /// One input, one output, nothing else.
  func run(_ input: Span<Float>, _ output: consuming MutableSpan<Float>) throws(TesseraError) {
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try output.withMutableBuffer { output throws(TesseraError) in
        try run(.init(input: input, output: output))
      }
    }
  }

  func run(inPlace matrix: consuming MutableSpan<Float>) throws(TesseraError) {
    var matrix = matrix
    try matrix.withMutableBuffer { matrix throws(TesseraError) in
      try run(.init(input: UnsafeBufferPointer(matrix), output: matrix))
    }
  }

  /// With a bias, and with a second matrix where the stages have one.
  func run(
    _ input: Span<Float>, bias: Span<Float>, second: Span<Float>? = nil,
    output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try bias.withBuffer { bias throws(TesseraError) in
        try withBuffer(second) { second throws(TesseraError) in
          try output.withMutableBuffer { output throws(TesseraError) in
            try run(.init(input: input, output: output, bias: bias, second: second))
          }
        }
      }
    }
  }

  func run(
    inPlace matrix: consuming MutableSpan<Float>, bias: Span<Float>, second: Span<Float>? = nil
  ) throws(TesseraError) {
    var matrix = matrix
    try bias.withBuffer { bias throws(TesseraError) in
      try withBuffer(second) { second throws(TesseraError) in
        try matrix.withMutableBuffer { matrix throws(TesseraError) in
          try run(.init(input: UnsafeBufferPointer(matrix), output: matrix, bias: bias, second: second))
        }
      }
    }
  }
}
