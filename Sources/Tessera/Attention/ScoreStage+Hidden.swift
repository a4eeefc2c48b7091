/// Which keys of a row a caller's modifier, or the mask after it, hides.
extension ScoreStage.Row {
  /// shown[c] = 0 where the score of the row's column c is −inf, else 1, also of NaN. Returns whether some is 0.
  func noteHidden(in shown: UnsafeMutablePointer<UInt8>, _ kernels: AttentionKernels) -> Bool {
    shown.update(repeating: 1, count: count)
    // Most rows hide nothing, which the variant's vectors see at once.
    if kernels.finite!(count, scores) { return false }
    guard hidesSome else { return false }
    for column in 0..<count where scores[column] == -.infinity { shown[column] = 0 }
    return true
  }

  /// Of a row that has something infinite, or NaN.
  private var hidesSome: Bool {
    var least = SIMD8<Float>(repeating: 0)
    // What is not −inf is not below the least finite number.
    for column in stride(from: 0, to: count, by: 8) {
      let lanes = loadLanes(UnsafePointer(scores), at: column, of: count)
      least.replace(with: lanes, where: lanes .< -Float.greatestFiniteMagnitude)
    }
    return least.min() == -.infinity
  }
}
