extension SamplingOptions {
  /// A number in 0 ..< 1: the upper 53 bits of the first two words of Philox4x32-10, the first above the second, at the
  /// counter (step, sequence, "SAMP", `offset`) under the key `seed`.
  ///
  /// The third word, the letters' code, keeps it apart from dropout's draws, where a plane's number stands.
  public func uniform(sequence: UInt32, step: UInt32) -> Double {
    let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let words = Philox4x32.words(counter: SIMD4(step, sequence, 0x5341_4D50, offset), key: key)
    return Double((UInt64(words.x) << 32 | UInt64(words.y)) >> 11) * 0x1p-53
  }

  /// What the penalty makes of a logit.
  func penalized(_ logit: Float) -> Float {
    logit <= 0 ? logit * repetitionPenalty : logit / repetitionPenalty
  }
}
