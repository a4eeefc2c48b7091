/// What is said of the library's own layer, which ran in turn with the sequences.
public struct EncoderLayerFigures: Encodable, Hashable, Sendable {
  public let trainingMicroseconds: Double
  public let trainingSpread: Double
  public let inferenceMicroseconds: Double
  public let inferenceSpread: Double
  /// The pass's time (training's, the backward one's, or the step's) over the full sequence's end to end, or the first
  /// of the paper's, or the unfused one's where none of those ran; the median over rounds.
  public let fusedRatio: Double
  /// nil where no backward pass ran.
  public let step: TrainingStepFigures?

  init(_ times: EncoderLayerTimes) {
    trainingMicroseconds = max(1, times.training.median) / 1000
    trainingSpread = times.training.spread
    inferenceMicroseconds = max(1, times.inference.median) / 1000
    inferenceSpread = times.inference.spread
    fusedRatio = times.ratio
    step = times.step.map { TrainingStepFigures($0) }
  }
}

/// A training step of the library's own layer: the forward call in training, then the backward pass.
public struct TrainingStepFigures: Encodable, Hashable, Sendable {
  public let backwardMicroseconds: Double
  public let backwardSpread: Double
  /// Both, round by round.
  public let microseconds: Double
  public let spread: Double
  /// D of both, as the ledger counted it.
  public let bytes: Int
  /// Q of both.
  public let leastBytes: Int
  public let backwardBytes: Int
  public let backwardLeastBytes: Int
  /// Memory that is held from the forward call to the backward pass.
  public let keptBytes: Int

  init(_ step: EncoderLayerTimes.Step) {
    backwardMicroseconds = max(1, step.backward.median) / 1000
    backwardSpread = step.backward.spread
    microseconds = max(1, step.whole.median) / 1000
    spread = step.whole.spread
    bytes = step.forwardCost.bytes + step.backwardCost.bytes
    leastBytes = step.forwardCost.leastBytes + step.backwardCost.leastBytes
    backwardBytes = step.backwardCost.bytes
    backwardLeastBytes = step.backwardCost.leastBytes
    keptBytes = step.keptBytes
  }
}
