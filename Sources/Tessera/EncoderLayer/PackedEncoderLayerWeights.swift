/// An encoder layer's parameters with its matrices in the order in which the engine reads them: packed once, for calls
/// that come often with the same weights.
///
/// `EncoderLayerWeights.packed` makes it. Results are the same bits as with the weights that were packed.
public struct PackedEncoderLayerWeights: Sendable {
  private let queryKeyValue, out, linear1, linear2: PackedWeights
  private let unpacked: EncoderLayerWeights

  /// Memory of the packed matrices.
  public var byteCount: Int {
    [queryKeyValue, out, linear1, linear2].reduce(0) { $0 + $1.byteCount }
  }

  init(
    _ weights: EncoderLayerWeights, for problem: EncoderLayerProblem, context: ExecutionContext
  ) throws(TesseraError) {
    try problem.check()
    let (hidden, inner) = (problem.hidden, problem.feedforward)
    func pack(
      _ operand: String, _ matrix: AlignedBuffer<Float>, columns: Int, depth: Int
    ) throws(TesseraError) -> PackedWeights {
      try checkVector(
        matrix.count, expected: columns * depth, operation: EncoderLayerProblem.operation, operand: operand)
      return try PackedWeights(matrix.elements.span, MatrixLayout(rows: columns, columns: depth), context: context)
    }
    queryKeyValue = try pack("query-key-value", weights.queryKeyValue, columns: 3 * hidden, depth: hidden)
    out = try pack("out", weights.out, columns: hidden, depth: hidden)
    linear1 = try pack("linear-1", weights.linear1, columns: inner, depth: hidden)
    linear2 = try pack("linear-2", weights.linear2, columns: hidden, depth: inner)
    // The matrices themselves are not held.
    var rest = weights
    let none = try AlignedBuffer<Float>(uninitializedCount: 0)
    (rest.queryKeyValue, rest.out, rest.linear1, rest.linear2) = (none, none, none, none)
    unpacked = rest
  }

  var operands: EncoderLayerOperands {
    EncoderLayerOperands(
      unpacked, queryKeyValue: .packed(queryKeyValue), out: .packed(out), linear1: .packed(linear1),
      linear2: .packed(linear2))
  }
}
