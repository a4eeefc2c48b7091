import Tessera

/// The library's `EncoderLayer` on the numbers of a layer's table, with weights, output and kept results of its own.
///
/// Training's weights are other ones in each step and come as they are; inference packs them once.
public final class PreparedEncoderLayer {
  private let layer: EncoderLayer
  private let weights: Weights
  private let kept: EncoderLayerSavedTensors?
  private let input: AlignedBuffer<Float>
  private let result: AlignedBuffer<Float>

  public init(
    _ table: LayerTable, on memory: LayerMemory, mode: ExecutionMode, context: ExecutionContext
  ) throws(TesseraError) {
    let sizes = table.problem
    var problem = EncoderLayerProblem(
      batch: sizes.batch, length: sizes.length, hidden: sizes.hidden, heads: sizes.heads,
      feedforward: sizes.feedforward, mode: mode)
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

  /// What the layer holds beyond operands and what is kept.
  public var workspaceBytes: Int { layer.workspaceBytes }
}

/// Both modes of it while they are being measured.
final class WholeLayers {
  private let training, inference: PreparedEncoderLayer
  private var trainingTimes: [Double] = []
  private var inferenceTimes: [Double] = []

  init(_ table: LayerTable, on memory: LayerMemory, context: ExecutionContext) throws(TesseraError) {
    training = try PreparedEncoderLayer(table, on: memory, mode: .training, context: context)
    inference = try PreparedEncoderLayer(table, on: memory, mode: .inference, context: context)
  }

  func warmUp() throws(TesseraError) {
    try training.run()
    try inference.run()
  }

  func time() throws(TesseraError) {
    trainingTimes.append(try training.timedRun())
    inferenceTimes.append(try inference.timedRun())
  }

  func times(sequence: [Double]) -> EncoderLayerTimes {
    EncoderLayerTimes(training: trainingTimes, inference: inferenceTimes, sequence: sequence)
  }
}

/// Times of `EncoderLayer` from the rounds in which the sequences ran.
public struct EncoderLayerTimes: Sendable {
  /// Nanoseconds.
  public let training: RunStatistics
  public let inference: RunStatistics
  /// Training's time over that of the sequence that it is compared with: the median over rounds of the two times of a
  /// round.
  public let ratio: Double

  init(training: [Double], inference: [Double], sequence: [Double]) {
    self.training = RunStatistics(training)
    self.inference = RunStatistics(inference)
    ratio = RunStatistics(zip(training, sequence).map { $0 / max(1, $1) }).median
  }
}
