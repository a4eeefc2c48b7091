/// An encoder layer's parameters as a call reads them.
///
/// Swift 6.3.1's optimiser stops on spans that are taken from an owner's property and used in two branches; of buffers
/// it does not.
struct EncoderLayerOperands {
  typealias Vector = UnsafeMutableBufferPointer<Float>

  let queryKeyValue, out, linear1, linear2: LinearWeight
  let queryKeyValueBias, outBias, linear1Bias, linear2Bias: Vector
  let norm1Weight, norm1Shift, norm2Weight, norm2Shift: Vector

  /// `vectors` has biases and norms; its matrices are not read.
  init(
    _ vectors: EncoderLayerWeights, queryKeyValue: LinearWeight, out: LinearWeight, linear1: LinearWeight,
    linear2: LinearWeight
  ) {
    (self.queryKeyValue, self.out, self.linear1, self.linear2) = (queryKeyValue, out, linear1, linear2)
    (queryKeyValueBias, outBias) = (vectors.queryKeyValueBias.elements, vectors.outBias.elements)
    (linear1Bias, linear2Bias) = (vectors.linear1Bias.elements, vectors.linear2Bias.elements)
    (norm1Weight, norm1Shift) = (vectors.norm1Weight.elements, vectors.norm1Shift.elements)
    (norm2Weight, norm2Shift) = (vectors.norm2Weight.elements, vectors.norm2Shift.elements)
  }

  /// Each vector's name, memory and least number of elements.
  func vectors(hidden: Int, inner: Int) -> InlineArray<8, (name: String, elements: Vector, count: Int)> {
    [
      ("query-key-value-bias", queryKeyValueBias, 3 * hidden), ("out-bias", outBias, hidden),
      ("linear-1-bias", linear1Bias, inner), ("linear-2-bias", linear2Bias, hidden),
      ("norm-1-weight", norm1Weight, hidden), ("norm-1-shift", norm1Shift, hidden),
      ("norm-2-weight", norm2Weight, hidden), ("norm-2-shift", norm2Shift, hidden),
    ]
  }
}
