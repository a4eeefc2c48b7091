import RealModule
import TesseraCore

/// Dropout's decisions from the definition, one element at a time; of the library only the generator's words are used,
/// which have published vectors of their own.
///
/// The four words at counter (column / 8, row, plane, offset) under the 64-bit seed hold eight draws of 16 bits for
/// eight neighbouring columns: draws 2k and 2k + 1 are the low and the high half of word k. An element is kept when its
/// draw is at least round(p · 65536).
struct DropoutDefinition {
  private let threshold: UInt32
  private let key: SIMD2<UInt32>
  private let offset: UInt32

  init(_ request: OperatorRequest) {
    self.init(probability: request.dropProbability, seed: request.seed, offset: request.offset)
  }

  init(_ dropout: Dropout) {
    self.init(probability: dropout.probability, seed: dropout.seed, offset: dropout.offset)
  }

  private init(probability: Double, seed: UInt64, offset: UInt32) {
    threshold = UInt32((probability * 65536).rounded(.toNearestOrAwayFromZero))
    key = SIMD2(UInt32(seed & 0xFFFF_FFFF), UInt32(seed >> 32))
    self.offset = offset
  }

  func keeps(plane: Int, row: Int, column: Int) -> Bool {
    let words = Philox4x32.words(counter: SIMD4(UInt32(column / 8), UInt32(row), UInt32(plane), offset), key: key)
    let lane = column % 8
    let draw = (words[lane / 2] >> (lane % 2 == 0 ? 0 : 16)) & 0xFFFF
    return draw >= threshold
  }

  /// 1 / (1 − p_effective), p_effective = round(p · 65536) / 65536. Nothing is kept, and nothing scaled, where it is 1.
  func keptScale<Scalar: Real & BinaryFloatingPoint>() -> Scalar {
    Scalar(1 / (1 - Double(threshold) / 65536))
  }
}
