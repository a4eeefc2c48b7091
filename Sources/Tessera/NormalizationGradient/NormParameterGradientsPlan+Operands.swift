extension NormParameterGradientsPlan {
  /// The operands that every call has.
  func operands(
    _ outputGradient: UnsafeBufferPointer<Float>, _ kept: KeptNormalization,
    weightGradient: UnsafeMutableBufferPointer<Float>
  ) -> Operands {
    Operands(
      outputGradient: outputGradient, sum: UnsafeBufferPointer(kept.sum.elements),
      mean: kept.mean.map { UnsafeBufferPointer($0.elements) },
      inverseDeviation: UnsafeBufferPointer(kept.inverseDeviation.elements), weightGradient: weightGradient)
  }

  /// Those of a call of two gradients.
  func withSecond(
    _ gradient: Span<Float>, _ inputGradient: Span<Float>, _ gradientSum: inout MutableSpan<Float>,
    _ biasGradient: inout MutableSpan<Float>, _ body: (Operands.Second) throws(TesseraError) -> Void
  ) throws(TesseraError) {
    try gradient.withBuffer { gradient throws(TesseraError) in
      try inputGradient.withBuffer { inputGradient throws(TesseraError) in
        try gradientSum.withMutableBuffer { gradientSum throws(TesseraError) in
          try biasGradient.withMutableBuffer { biasGradient throws(TesseraError) in
            try body(
              Operands.Second(
                gradient: gradient, gradientSum: gradientSum, inputGradient: inputGradient,
                biasGradient: biasGradient))
          }
        }
      }
    }
  }
}
