/// The gradients of an encoder layer's parameters, each as its parameter lies in `EncoderLayerWeights`.
public struct EncoderLayerGradients: Sendable {
  /// 3I × I
  public var queryKeyValue: AlignedBuffer<Float>
  /// 3I
  public var queryKeyValueBias: AlignedBuffer<Float>
  /// I × I
  public var out: AlignedBuffer<Float>
  /// I
  public var outBias: AlignedBuffer<Float>
  /// U × I
  public var linear1: AlignedBuffer<Float>
  /// U
  public var linear1Bias: AlignedBuffer<Float>
  /// I × U
  public var linear2: AlignedBuffer<Float>
  /// I
  public var linear2Bias: AlignedBuffer<Float>
  /// I each: of the norm that comes first, and of the second.
  public var norm1Weight, norm1Shift, norm2Weight, norm2Shift: AlignedBuffer<Float>

  /// Zeros. Throws for a problem that is wrong or does not fit in memory.
  public init(for problem: EncoderLayerProblem) throws(TesseraError) {
    try problem.check()
    let (hidden, inner) = (problem.hidden, problem.feedforward)
    func zeros(_ count: Int) throws(TesseraError) -> AlignedBuffer<Float> {
      try AlignedBuffer(repeating: 0, count: count)
    }
    queryKeyValue = try zeros(3 * hidden * hidden)
    queryKeyValueBias = try zeros(3 * hidden)
    out = try zeros(hidden * hidden)
    outBias = try zeros(hidden)
    linear1 = try zeros(inner * hidden)
    linear1Bias = try zeros(inner)
    linear2 = try zeros(hidden * inner)
    linear2Bias = try zeros(hidden)
    norm1Weight = try zeros(hidden)
    norm1Shift = try zeros(hidden)
    norm2Weight = try zeros(hidden)
    norm2Shift = try zeros(hidden)
  }

  typealias Place = (name: String, elements: UnsafeMutableBufferPointer<Float>, count: Int)

  /// Each gradient's name, memory and number of elements.
  func places(hidden: Int, inner: Int) -> InlineArray<12, Place> {
    [
      ("query-key-value-gradient", queryKeyValue.elements, 3 * hidden * hidden),
      ("query-key-value-bias-gradient", queryKeyValueBias.elements, 3 * hidden),
      ("out-gradient", out.elements, hidden * hidden), ("out-bias-gradient", outBias.elements, hidden),
      ("linear-1-gradient", linear1.elements, inner * hidden),
      ("linear-1-bias-gradient", linear1Bias.elements, inner),
      ("linear-2-gradient", linear2.elements, hidden * inner),
      ("linear-2-bias-gradient", linear2Bias.elements, hidden),
      ("norm-1-weight-gradient", norm1Weight.elements, hidden),
      ("norm-1-shift-gradient", norm1Shift.elements, hidden),
      ("norm-2-weight-gradient", norm2Weight.elements, hidden),
      ("norm-2-shift-gradient", norm2Shift.elements, hidden),
    ]
  }
}
