import Tessera

/// A text as token ids, of which a training's batches are pieces.
public struct TrainingText: Sendable {
  public let ids: [Int32]

  public init(ids: [Int32]) { self.ids = ids }

  /// A token for each byte, as `TokenizerVocabulary.bytes` has them.
  public init(bytes: some Sequence<UInt8>) { ids = bytes.map { Int32($0) } }

  /// Where a step's sequences begin: a function of seed and step, each place as likely as another. A sequence takes one
  /// id more than its length, as the last token's target. The text is longer than that.
  func starts(ofStep step: Int, sequences: Int, length: Int, seed: UInt64) -> [Int] {
    let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    return (0..<sequences).map { sequence in
      let words = Philox4x32.words(
        counter: SIMD4(UInt32(sequence), UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: step >> 32), 1),
        key: key)
      let draw = UInt64(words.x) << 32 | UInt64(words.y)
      // The upper half of the product is below the number of places.
      return Int(draw.multipliedFullWidth(by: UInt64(ids.count - length)).high)
    }
  }

  /// Told apart from other texts: FNV-1a of the ids.
  var hash: UInt64 {
    ids.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64(UInt32(bitPattern: $1))) &* 0x100_0000_01B3 }
  }
}
