import Tessera

extension AttentionOptions {
  static let mostDocuments = 1 << 20

  /// Where each sequence's documents begin; nil where none are asked for. Throws for more of them than a sequence has
  /// keys, unless it has none to cut.
  func documentStarts(of problem: AttentionProblem, operation: String) throws(TesseraError) -> [[Int]]? {
    guard let documents else { return nil }
    var starts: [[Int]] = []
    // Extents and lengths that are none are the problem's to refuse.
    for sequence in 0..<max(0, min(problem.batch, Self.mostDocuments)) {
      let own = problem.keyLengths.flatMap { sequence < $0.count ? $0[sequence] : nil } ?? problem.keyLength
      let length = max(0, min(own, Extent.largest))
      guard length == 0 || documents <= length else {
        throw .invalidOperand(
          operation: operation, operand: "document starts",
          expected: "at most the \(counted(length, "key")) of sequence \(sequence)", actual: "\(documents)")
      }
      starts.append((0..<documents).map { length * $0 / documents })
    }
    return starts
  }
}
