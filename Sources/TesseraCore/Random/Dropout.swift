import CTesseraKernels

/// Which elements a dropout keeps, without a stored mask.
///
/// Element (plane, row, column) is kept when draw `column % 8` of Philox4x32-10 at
/// counter (column / 8, row, plane, `offset`) under the key `seed` is at least round(p · 65536). What follows is the
/// same for every tile, thread count and instruction set. Draws have 16 bits, so that p is in effect
/// `effectiveProbability`, and kept elements are multiplied by 1 / (1 − `effectiveProbability`).
public struct Dropout: Hashable, Sendable {
  /// What the caller asked for, in 0 ... 1.
  public let probability: Double
  public let seed: UInt64
  /// Separates the dropouts of one step from each other, and a step from the next.
  public let offset: UInt32

  /// Throws for a probability that is negative, above 1 or not a number.
  public init(probability: Double, seed: UInt64, offset: UInt32 = 0) throws(TesseraError) {
    guard probability >= 0, probability <= 1 else {
      throw .invalidOperand(
        operation: "dropout", operand: "probability", expected: "0 to 1", actual: probability.spelled)
    }
    self.probability = probability
    self.seed = seed
    self.offset = offset
  }

  /// The same dropout that draws at another offset, as in the next step.
  public func at(offset: UInt32) -> Dropout { Dropout(self, offset: offset) }

  private init(_ other: Dropout, offset: UInt32) {
    (probability, seed, self.offset) = (other.probability, other.seed, offset)
  }

  /// A draw below this is dropped: 0 keeps everything, 65536 nothing.
  public var threshold: UInt32 { UInt32((probability * 65536).rounded()) }

  /// The probability that draws of 16 bits can give.
  public var effectiveProbability: Double { Double(threshold) / 65536 }

  /// What kept elements are multiplied by; 0 where none is kept.
  public var keepScale: Float { threshold == 65536 ? 0 : Float(1 / (1 - effectiveProbability)) }

  /// Whether nothing is dropped and nothing scaled.
  public var isIdentity: Bool { threshold == 0 }

  /// Whether it keeps the same elements as the other and multiplies them by the same. The factor follows from the
  /// threshold, and not from the probability: probabilities that draws of 16 bits do not tell apart are alike.
  package func drawsLike(_ other: Dropout) -> Bool {
    (threshold, seed, offset) == (other.threshold, other.seed, other.offset)
  }

  /// Whether one element is kept: the definition, slow and plain.
  public func keeps(plane: Int = 0, row: Int, column: Int) -> Bool {
    let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let draws = Philox4x32.draws(
      counter: SIMD4(UInt32(column / 8), UInt32(row), UInt32(plane), offset), key: key)
    return UInt32(draws[column % 8]) >= threshold
  }

  /// The same in the kernels' terms, for a block that begins at `row` of `plane`.
  public func kernelArgument(plane: Int, row: Int) -> tsr_dropout {
    tsr_dropout(
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)), offset: offset,
      plane: UInt32(plane), row: UInt32(row), threshold: threshold, keep_scale: keepScale)
  }
}
