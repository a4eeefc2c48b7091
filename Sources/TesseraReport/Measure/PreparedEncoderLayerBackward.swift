import Tessera

/// The backward pass of the library's `EncoderLayer` after its forward call in training, on the same weights, on what
/// that call kept, and on the table's gradient of the output.
public final class PreparedEncoderLayerBackward {
  private let forward: PreparedEncoderLayer
  private let layer: EncoderLayerBackward
  private let outputGradient: AlignedBuffer<Float>
  private let inputGradient: AlignedBuffer<Float>
  private let gradients: EncoderLayerGradients

  /// `forward` is in training, `memory` that of a table with a backward pass.
  public init(
    of forward: PreparedEncoderLayer, on memory: LayerMemory, context: ExecutionContext
  ) throws(TesseraError) {
    precondition(forward.rows != nil && forward.kept != nil, "a layer in inference keeps nothing to go back from")
    self.forward = forward
    layer = try EncoderLayerBackward(forward.problem, context: context)
    gradients = try EncoderLayerGradients(for: forward.problem)
    outputGradient = try AlignedBuffer(uninitializedCount: forward.input.count)
    inputGradient = try AlignedBuffer(repeating: 0, count: forward.input.count)
    _ = outputGradient.elements.update(fromContentsOf: memory["output-gradient"].bindMemory(to: Float.self))
  }

  /// After a run of the forward layer; gradients replace those of the run before.
  public func run() throws(TesseraError) {
    let (outputGradient, input, result) = (outputGradient.elements, forward.input.elements, inputGradient.elements)
    try layer.run(
      outputGradient.span, input: input.span, weights: forward.rows!, kept: forward.kept!,
      inputGradient: result.mutableSpan, gradients: gradients)
  }

  /// Nanoseconds of one run.
  func timedRun() throws(TesseraError) -> Double {
    let start = monotonicNanoseconds()
    try run()
    return Double(monotonicNanoseconds() - start)
  }

  /// The gradient of the input as it is now.
  public var output: [Float] { Array(inputGradient.elements) }

  /// What is held from the forward call to this one.
  public var keptBytes: Int { forward.kept!.byteCount }
}
