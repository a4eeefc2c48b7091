import Tessera

/// The library's `EncoderLayer` in both modes, and its backward pass where that is asked for, while they are being
/// measured.
final class WholeLayers {
  private let training, inference: PreparedEncoderLayer
  private let backward: PreparedEncoderLayerBackward?
  private let pass: LayerPass
  private var trainingTimes: [Double] = []
  private var inferenceTimes: [Double] = []
  private var backwardTimes: [Double] = []
  private var forwardCost = LedgerSum()
  private var backwardCost = LedgerSum()

  init(
    _ table: LayerTable, on memory: LayerMemory, context: ExecutionContext
  ) throws(TesseraError) {
    pass = table.pass
    training = try PreparedEncoderLayer(table, on: memory, mode: .training, context: context)
    inference = try PreparedEncoderLayer(table, on: memory, mode: .inference, context: context)
    backward =
      pass.hasBackward
      ? try PreparedEncoderLayerBackward(of: training, on: memory, context: context) : nil
  }

  /// One run of all, untimed, in which the context's ledger tells what each moved.
  func count(_ ledger: Ledger) throws(TesseraError) {
    ledger.reset()
    try training.run()
    forwardCost = LedgerSum(ledger)
    if let backward {
      ledger.reset()
      try backward.run()
      backwardCost = LedgerSum(ledger)
    }
    try inference.run()
  }

  /// The backward pass follows the forward call whose results it reads.
  func time() throws(TesseraError) {
    trainingTimes.append(try training.timedRun())
    if let backward { backwardTimes.append(try backward.timedRun()) }
    inferenceTimes.append(try inference.timedRun())
  }

  /// `sequence`: the times of the sequence that the pass is compared with.
  func times(sequence: [Double]) -> EncoderLayerTimes {
    let steps = zip(trainingTimes, backwardTimes).map(+)
    let compared =
      switch pass {
      case .forward: trainingTimes
      case .backward: backwardTimes
      case .both: steps
      }
    return EncoderLayerTimes(
      training: RunStatistics(trainingTimes), inference: RunStatistics(inferenceTimes),
      ratio: RunStatistics(zip(compared, sequence).map { $0 / max(1, $1) }).median,
      step: backward.map { backward in
        EncoderLayerTimes.Step(
          backward: RunStatistics(backwardTimes), whole: RunStatistics(steps),
          forwardCost: forwardCost, backwardCost: backwardCost, keptBytes: backward.keptBytes)
      })
  }
}

/// Times of `EncoderLayer` from the rounds in which the sequences ran.
public struct EncoderLayerTimes: Sendable {
  /// Nanoseconds.
  public let training: RunStatistics
  public let inference: RunStatistics
  /// The pass's time (training's, the backward one's, or the step's) over that of the sequence: the median over rounds
  /// of the two times of a round.
  public let ratio: Double
  /// nil where the backward pass did not run.
  public let step: Step?

  /// A training step: the forward call in training, and the backward pass.
  public struct Step: Sendable {
    /// Nanoseconds.
    public let backward: RunStatistics
    /// Of both together, round by round.
    public let whole: RunStatistics
    public let forwardCost, backwardCost: LedgerSum
    /// Memory that is held from the forward call to the backward pass.
    public let keptBytes: Int
  }
}

/// What a ledger holds, over all operators.
public struct LedgerSum: Hashable, Sendable {
  /// Q.
  public var leastBytes = 0
  /// D.
  public var bytes = 0

  init() {}

  init(_ ledger: Ledger) {
    for entry in ledger.entries.values {
      leastBytes += entry.leastBytes
      bytes += entry.traffic.byteCount
    }
  }
}
