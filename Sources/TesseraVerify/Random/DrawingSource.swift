import Tessera

/// Numbers for drawing recipes: the counter-based generator's words, one after the other.
package struct DrawingSource: RandomNumberGenerator {
  private let key: SIMD2<UInt32>
  private let stream: UInt32
  private var count: UInt32 = 0

  package init(seed: UInt64, stream: Int) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    self.stream = UInt32(truncatingIfNeeded: stream)
  }

  package mutating func next() -> UInt64 {
    let words = Philox4x32.words(counter: SIMD4(count, stream, 0, 0), key: key)
    count += 1
    return UInt64(words.x) << 32 | UInt64(words.y)
  }
}
