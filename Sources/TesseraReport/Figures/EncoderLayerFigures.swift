/// What is said of the library's own layer, which ran in turn with the sequences.
public struct EncoderLayerFigures: Encodable, Hashable, Sendable {
  public let trainingMicroseconds: Double
  public let trainingSpread: Double
  public let inferenceMicroseconds: Double
  public let inferenceSpread: Double
  /// Training's time over the full sequence's end to end, or the first of the paper's, or the unfused one's where none of
  /// those ran; the median over rounds.
  public let fusedRatio: Double

  init(_ times: EncoderLayerTimes) {
    trainingMicroseconds = max(1, times.training.median) / 1000
    trainingSpread = times.training.spread
    inferenceMicroseconds = max(1, times.inference.median) / 1000
    inferenceSpread = times.inference.spread
    fusedRatio = times.ratio
  }
}
