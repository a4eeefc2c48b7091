/// The counter-based generator Philox4x32-10.
///
/// Words are a pure function of counter and key, so that a draw can be made anywhere, in any order, again and again.
/// Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), section 3.3.
public enum Philox4x32 {
  static let multipliers: (UInt32, UInt32) = (0xD251_1F53, 0xCD9E_8D57)
  /// Weyl constants that the key grows by each round.
  static let increments: (UInt32, UInt32) = (0x9E37_79B9, 0xBB67_AE85)
  static let rounds = 10

  /// Four random words.
  @inline(__always)
  public static func words(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (x0, x1, x2, x3) = (counter.x, counter.y, counter.z, counter.w)
    var (k0, k1) = (key.x, key.y)
    for _ in 0..<rounds {
      let first = UInt64(multipliers.0) &* UInt64(x0)
      let second = UInt64(multipliers.1) &* UInt64(x2)
      (x0, x1, x2, x3) = (
        UInt32(truncatingIfNeeded: second >> 32) ^ x1 ^ k0, UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ x3 ^ k1, UInt32(truncatingIfNeeded: first)
      )
      k0 &+= increments.0
      k1 &+= increments.1
    }
    return SIMD4(x0, x1, x2, x3)
  }

  /// Eight 16-bit draws: the little-endian halves of the four words in order.
  @inline(__always)
  public static func draws(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD8<UInt16> {
    unsafeBitCast(words(counter: counter, key: key).littleEndianWords, to: SIMD8<UInt16>.self)
  }
}

extension SIMD4<UInt32> {
  /// Words whose bytes in memory run from least to most significant; nothing to do on the machines of today.
  @inline(__always)
  fileprivate var littleEndianWords: Self {
    SIMD4(x.littleEndian, y.littleEndian, z.littleEndian, w.littleEndian)
  }
}
