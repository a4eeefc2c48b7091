/// An encoder layer's parameters, in memory that several layers may share.
///
/// A weight has one row for each output column, as `LinearPlan` takes it; all are without gaps.
public struct EncoderLayerWeights: Sendable {
  /// 3I × I: rows of the queries, of the keys, of the values; head by head.
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

  /// Memory that the caller fills; norms' weights are 1 and their shifts and all biases 0, the rest is undefined.
  /// Throws for a problem that is wrong or does not fit in memory.
  public init(for problem: EncoderLayerProblem) throws(TesseraError) {
    try problem.check()
    let (hidden, inner) = (problem.hidden, problem.feedforward)
    queryKeyValue = try AlignedBuffer(uninitializedCount: 3 * hidden * hidden)
    queryKeyValueBias = try AlignedBuffer(repeating: 0, count: 3 * hidden)
    out = try AlignedBuffer(uninitializedCount: hidden * hidden)
    outBias = try AlignedBuffer(repeating: 0, count: hidden)
    linear1 = try AlignedBuffer(uninitializedCount: inner * hidden)
    linear1Bias = try AlignedBuffer(repeating: 0, count: inner)
    linear2 = try AlignedBuffer(uninitializedCount: hidden * inner)
    linear2Bias = try AlignedBuffer(repeating: 0, count: hidden)
    norm1Weight = try AlignedBuffer(repeating: 1, count: hidden)
    norm1Shift = try AlignedBuffer(repeating: 0, count: hidden)
    norm2Weight = try AlignedBuffer(repeating: 1, count: hidden)
    norm2Shift = try AlignedBuffer(repeating: 0, count: hidden)
  }

  /// Each operand's name, memory and least number of elements.
  func operands(
    _ problem: EncoderLayerProblem
  ) -> InlineArray<12, (name: String, buffer: AlignedBuffer<Float>, count: Int)> {
    let (hidden, inner) = (problem.hidden, problem.feedforward)
    return [
      ("query-key-value", queryKeyValue, 3 * hidden * hidden), ("query-key-value-bias", queryKeyValueBias, 3 * hidden),
      ("out", out, hidden * hidden), ("out-bias", outBias, hidden),
      ("linear-1", linear1, inner * hidden), ("linear-1-bias", linear1Bias, inner),
      ("linear-2", linear2, hidden * inner), ("linear-2-bias", linear2Bias, hidden),
      ("norm-1-weight", norm1Weight, hidden), ("norm-1-shift", norm1Shift, hidden),
      ("norm-2-weight", norm2Weight, hidden), ("norm-2-shift", norm2Shift, hidden),
    ]
  }

  /// All of it as a call reads it. Swift 6.3.1's optimiser stops on spans that are taken from an owner's property and
  /// used in two branches; of these it does not.
  struct Buffers {
    let queryKeyValue, queryKeyValueBias, out, outBias, linear1, linear1Bias, linear2,
      linear2Bias: UnsafeMutableBufferPointer<Float>
    let norm1Weight, norm1Shift, norm2Weight, norm2Shift: UnsafeMutableBufferPointer<Float>
  }

  var buffers: Buffers {
    Buffers(
      queryKeyValue: queryKeyValue.elements, queryKeyValueBias: queryKeyValueBias.elements, out: out.elements,
      outBias: outBias.elements, linear1: linear1.elements, linear1Bias: linear1Bias.elements,
      linear2: linear2.elements, linear2Bias: linear2Bias.elements, norm1Weight: norm1Weight.elements,
      norm1Shift: norm1Shift.elements, norm2Weight: norm2Weight.elements, norm2Shift: norm2Shift.elements)
  }
}
