import Tessera

/// The library's `EncoderLayer` on the numbers of a layer's table, with weights, output and kept results of its own.
///
/// Training's weights are other ones in each step and come as they are; inference packs them once.
public final class PreparedEncoderLayer {
  private let layer: EncoderLayer
  private let weights: Weights
  /// nil in inference.
  let kept: EncoderLayerSavedTensors?
  let input: AlignedBuffer<Float>
  private let result: AlignedBuffer<Float>

  public init(
    _ table: LayerTable, on memory: LayerMemory, mode: ExecutionMode, context: ExecutionContext
  ) throws(TesseraError) {
    let sizes = table.problem
    var problem = EncoderLayerProblem(
      batch: sizes.batch, length: sizes.length, hidden: sizes.hidden, heads: sizes.heads,
      feedforward: sizes.feedforward, mode: mode)
    problem.activation = sizes.encoderLayerOptions.activation
    problem.recomputesActivated = sizes.encoderLayerOptions.recomputesActivated
    // Its places have the offsets that the table's have.
    problem.dropout = try Dropout(probability: sizes.dropout, seed: sizes.seed)
    layer = try EncoderLayer(problem, weightsArePacked: mode == .inference, context: context)
    let weights = try EncoderLayerWeights(for: problem)
    kept = mode == .training ? try EncoderLayerSavedTensors(for: problem) : nil
    input = try AlignedBuffer(uninitializedCount: sizes.tokens * sizes.hidden)
    result = try AlignedBuffer(repeating: 0, count: input.count)
    for (tensor, buffer) in [
      ("x", input), ("qkv-weight", weights.queryKeyValue), ("qkv-bias", weights.queryKeyValueBias),
      ("out-weight", weights.out), ("out-bias-vector", weights.outBias), ("linear-1-weight", weights.linear1),
      ("ffn-bias-vector", weights.linear1Bias), ("linear-2-weight", weights.linear2),
      ("out2-bias-vector", weights.linear2Bias), ("layer-norm-1-weight", weights.norm1Weight),
      ("layer-norm-1-shift", weights.norm1Shift), ("layer-norm-2-weight", weights.norm2Weight),
      ("layer-norm-2-shift", weights.norm2Shift),
    ] {
      _ = buffer.elements.update(fromContentsOf: memory[tensor].bindMemory(to: Float.self))
    }
    self.weights =
      mode == .inference ? .packed(try weights.packed(for: problem, context: context)) : .rows(weights)
  }

  var problem: EncoderLayerProblem { layer.problem }

  /// The weights as they were given; nil where they are packed.
  var rows: EncoderLayerWeights? { if case .rows(let rows) = weights { rows } else { nil } }

  private enum Weights {
    case rows(EncoderLayerWeights)
    case packed(PackedEncoderLayerWeights)
  }

  public func run() throws(TesseraError) {
    let (input, output) = (input.elements, result.elements)
    switch weights {
    case .rows(let weights):
      try layer.run(input.span, weights: weights, output: output.mutableSpan, keeping: kept)
    case .packed(let weights):
      try layer.run(input.span, weights: weights, output: output.mutableSpan, keeping: kept)
    }
  }

  /// Nanoseconds of one run.
  func timedRun() throws(TesseraError) -> Double {
    let start = monotonicNanoseconds()
    try run()
    return Double(monotonicNanoseconds() - start)
  }

  /// The result as it is now.
  public var output: [Float] { Array(result.elements) }
}
