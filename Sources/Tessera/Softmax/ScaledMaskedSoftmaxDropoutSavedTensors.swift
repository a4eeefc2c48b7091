/// What the backward pass of scaled, masked softmax with dropout needs. Dropout's mask is not among it: seed and offset
/// make it again.
public struct ScaledMaskedSoftmaxDropoutSavedTensors: Sendable {
  /// The softmax before dropout, planes · rows × columns.
  public let probabilities: AlignedBuffer<Float>

  /// Memory for rows × columns probabilities; `rows` are those of all planes. Throws for extents that do not fit.
  public init(rows: Int, columns: Int) throws(TesseraError) {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard rows >= 0, columns >= 0, !overflow else {
      throw .invalidOperand(
        operation: OperatorDescriptor.scaledMaskedSoftmaxDropout.name, operand: "keeping",
        expected: "extents of 0 or more that fit in memory", actual: "\(rows) × \(columns)")
    }
    probabilities = try AlignedBuffer(uninitializedCount: count)
  }
}
