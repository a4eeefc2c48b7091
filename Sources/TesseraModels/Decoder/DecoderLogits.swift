import Tessera

/// The last linear map of a pass: logits of some of its rows, and memory for them.
final class DecoderLogits {
  private let plan: StoredLinearPlan
  private let logits: AlignedBuffer<Float>

  /// Rows of `input` that logits are made of.
  init(_ weight: ModelTensor, input: MatrixLayout, context: ExecutionContext) throws(TesseraError) {
    plan = try StoredLinearPlan(
      weight.elementType, input: input, output: MatrixLayout(rows: input.rows, columns: weight.rows), context: context)
    logits = try AlignedBuffer(uninitializedCount: input.rows * weight.rows)
  }

  func run(_ input: Span<Float>, _ weight: ModelTensor) throws(TesseraError) -> UnsafeMutableBufferPointer<Float> {
    try plan.run(input, weight: weight.bytes.bytes, output: logits.elements.mutableSpan)
    return logits.elements
  }
}
