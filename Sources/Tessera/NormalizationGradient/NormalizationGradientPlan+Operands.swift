/// What a norm's gradients read of what its forward call kept.
struct KeptNormalization {
  var sum: AlignedBuffer<Float>
  /// Layer norm's.
  var mean: AlignedBuffer<Float>?
  var inverseDeviation: AlignedBuffer<Float>
}

extension BiasDropoutResidualLayerNormSavedTensors {
  var statistics: KeptNormalization { .init(sum: sum, mean: mean, inverseDeviation: inverseDeviation) }
}

extension BiasDropoutResidualRMSNormSavedTensors {
  var statistics: KeptNormalization { .init(sum: sum, mean: nil, inverseDeviation: inverseRootMeanSquare) }
}

extension NormalizationGradientPlan {
  /// The spans that every call has as buffers.
  func withOperands(
    _ outputGradient: Span<Float>, _ kept: KeptNormalization, weight: Span<Float>, sumGradient: Span<Float>?,
    residualGradient: inout MutableSpan<Float>, _ body: (Operands) throws(TesseraError) -> Void
  ) throws(TesseraError) {
    let hasSumGradient = sumGradient != nil
    let (sum, inverseDeviation) = (
      UnsafeBufferPointer(kept.sum.elements), UnsafeBufferPointer(kept.inverseDeviation.elements)
    )
    let mean = kept.mean.map { UnsafeBufferPointer($0.elements) }
    defer { extendLifetime(kept.sum) }
    try outputGradient.withBuffer { outputGradient throws(TesseraError) in
      try weight.withBuffer { weight throws(TesseraError) in
        try withBuffer(sumGradient) { sumGradient throws(TesseraError) in
          try residualGradient.withMutableBuffer { residualGradient throws(TesseraError) in
            try body(
              Operands(
                outputGradient: outputGradient, sum: sum, mean: mean, inverseDeviation: inverseDeviation,
                weight: weight, sumGradient: hasSumGradient ? sumGradient : nil,
                residualGradient: residualGradient))
          }
        }
      }
    }
  }

  /// Throws unless a call has the gradients that the plan has layouts of.
  func checkPresence(sumGradient: Bool, inputGradient: Bool) throws(TesseraError) {
    for (operand, isGiven, isPlanned) in [
      ("sum-gradient", sumGradient, layouts.sumGradient != nil),
      ("input-gradient", inputGradient, layouts.inputGradient != nil),
    ] where isGiven != isPlanned {
      throw .invalidOperand(
        operation: descriptor.name, operand: operand,
        expected: isPlanned ? "one, the plan has it" : "none, the plan has none", actual: isGiven ? "one" : "none")
    }
  }
}
