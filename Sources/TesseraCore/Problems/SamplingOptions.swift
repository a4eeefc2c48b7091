/// How one column of a row of logits is drawn. Stages in order: penalty, top-k, top-p, min-p, temperature, draw.
///
/// A draw is a function of seed, offset, sequence and step alone, whatever else is drawn beside it.
public struct SamplingOptions: Hashable, Sendable {
  /// Logits are divided by it before the draw; 0: the greatest is taken, and the stages after the penalty do nothing.
  public var temperature: Float
  /// How many of the greatest logits are kept; 0: all.
  public var topK: Int
  /// The fewest of the greatest are kept whose probabilities, among those that top-k leaves, add up to this; 1: all.
  public var topP: Float
  /// Those are kept that are at least this many times as probable as the greatest; 0: all.
  public var minP: Float
  /// What logits of recent tokens are divided by where they are above 0, and multiplied by elsewhere; 1: as they are.
  public var repetitionPenalty: Float
  public var seed: UInt64
  /// Tells draws of one seed apart that are made for different ends, as in `Dropout`.
  public var offset: UInt32

  /// Without arguments: a draw from all columns as their logits have it.
  public init(
    temperature: Float = 1, topK: Int = 0, topP: Float = 1, minP: Float = 0, repetitionPenalty: Float = 1,
    seed: UInt64 = 0, offset: UInt32 = 0
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
    self.seed = seed
    self.offset = offset
  }

  package func check() throws(TesseraError) {
    func check(_ fits: Bool, _ operand: String, _ expected: String, _ actual: some Any) throws(TesseraError) {
      guard fits else {
        throw .invalidOperand(operation: "sampling", operand: operand, expected: expected, actual: "\(actual)")
      }
    }
    try check(temperature >= 0 && temperature.isFinite, "temperature", "a finite number, 0 or more", temperature)
    try check(topK >= 0, "top-k", "0 or more", topK)
    try check((0...1).contains(topP), "top-p", "0 to 1", topP)
    try check((0...1).contains(minP), "min-p", "0 to 1", minP)
    try check(
      repetitionPenalty > 0 && repetitionPenalty.isFinite, "repetition penalty", "a finite number above 0",
      repetitionPenalty)
  }
}
