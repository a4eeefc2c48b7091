extension AttentionProblem {
  /// The extents of the call, those that follow from mask and lengths included. Throws what is wrong with the problem.
  func checkedExtents(for operation: String = Self.operation) throws(TesseraError) -> Extents {
    try check(for: operation)
    return extents(keyLengths: keyLengths)
  }

  /// The extents of a call whose sequences have so many keys.
  func extents(keyLengths: [Int]?) -> Extents {
    var (pairs, keysSeen) = (0, 0)
    if batch > 0, queryHeads > 0 {
      var seen = visible(keyLength: keyLengths?[0] ?? keyLength)
      if let keyLengths {
        for sequence in 0..<batch {
          // Neighbours of one length see alike.
          if sequence > 0, keyLengths[sequence] != keyLengths[sequence - 1] {
            seen = visible(keyLength: keyLengths[sequence])
          }
          pairs += seen.pairs * queryHeads
          keysSeen += seen.keys * keyValueHeads
        }
      } else {
        pairs = seen.pairs * batch * queryHeads
        keysSeen = seen.keys * batch * keyValueHeads
      }
    }
    return [
      .batch: batch, .queryHeads: queryHeads, .keyValueHeads: keyValueHeads, .queryLength: queryLength,
      .keyLength: keyLength, .headDimension: headDimension, .valueDimension: valueDimension, .visiblePairs: pairs,
      .visibleKeys: keysSeen, .biasElements: bias?.distinctCount ?? 0, .maskElements: booleanMask?.distinctCount ?? 0,
    ]
  }

  /// Visible pairs of one head of one sequence, and how many of its keys some query sees.
  private func visible(keyLength: Int) -> (pairs: Int, keys: Int) {
    if mask == .full { return (queryLength * keyLength, queryLength == 0 ? 0 : keyLength) }
    let edges = mask.edges(queryLength: queryLength, keyLength: keyLength)
    var pairs = 0
    var (first, end) = (Int.max, 0)
    for query in 0..<queryLength {
      let seenFirst = max(0, edges.first.position(query: query))
      let seenEnd = min(keyLength, edges.end.position(query: query))
      guard seenFirst < seenEnd else { continue }
      pairs += seenEnd - seenFirst
      (first, end) = (min(first, seenFirst), max(end, seenEnd))
    }
    // Neighbouring queries' keys overlap or touch, so that there are no gaps between the first and the last.
    return (pairs, pairs == 0 ? 0 : end - first)
  }
}

extension OperatorRequest {
  /// A call of attention. Throws what is wrong with the problem.
  public init(_ problem: AttentionProblem) throws(TesseraError) {
    self.init(attention: problem)
    extents = try problem.checkedExtents()
  }
}
