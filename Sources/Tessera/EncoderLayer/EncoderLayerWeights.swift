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

  /// The same with its four matrices packed, for a layer that was made for packed weights. Later changes are not seen
  /// in them; norms and biases are shared. Throws where a matrix is too short for the problem or memory is.
  public func packed(
    for problem: EncoderLayerProblem, context: ExecutionContext? = nil
  ) throws(TesseraError) -> PackedEncoderLayerWeights {
    try PackedEncoderLayerWeights(self, for: problem, context: try ExecutionContext.resolve(context))
  }

  var operands: EncoderLayerOperands {
    func rows(_ matrix: AlignedBuffer<Float>) -> LinearWeight { .rows(UnsafeBufferPointer(matrix.elements)) }
    return EncoderLayerOperands(
      self, queryKeyValue: rows(queryKeyValue), out: rows(out), linear1: rows(linear1), linear2: rows(linear2))
  }
}
