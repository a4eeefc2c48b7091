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
      func length(_ sequence: Int) -> Int { keyLengths?[sequence] ?? keyLength }
      var seen = visible(ofSequence: 0, keyLength: length(0))
      if keyLengths != nil || queryOffsets != nil || documentStarts != nil {
        for sequence in 0..<batch {
          // Neighbours of one length, place and documents see alike.
          if sequence > 0,
            length(sequence) != length(sequence - 1)
              || queryOffsets?[sequence] != queryOffsets?[sequence - 1]
              || documentStarts?[sequence] != documentStarts?[sequence - 1]
          {
            seen = visible(ofSequence: sequence, keyLength: length(sequence))
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
      .slopeElements: slopeCount, .sinkElements: sinkCount,
      .biasGradientElements: gradients.bias?.distinctCount ?? 0,
    ]
  }

  /// Visible pairs of one head of a sequence, and how many of its keys some query sees.
  private func visible(ofSequence sequence: Int, keyLength: Int) -> (pairs: Int, keys: Int) {
    if !hidesByPosition { return (queryLength * keyLength, queryLength == 0 ? 0 : keyLength) }
    let edges = mask.edges(queryLength: queryLength, keyLength: keyLength, offset: queryOffsets?[sequence])
    let documents = AttentionDocuments(self, sequence: sequence)
    let queryStart = queryStart(ofSequence: sequence, keyLength: keyLength)
    var pairs = 0
    var (first, end) = (Int.max, 0)
    for query in 0..<queryLength {
      let document = documents.positions(around: queryStart + query)
      let seenFirst = max(0, edges.first.position(query: query), document.lowerBound)
      let seenEnd = min(keyLength, edges.end.position(query: query), document.upperBound)
      guard seenFirst < seenEnd else { continue }
      pairs += seenEnd - seenFirst
      (first, end) = (min(first, seenFirst), max(end, seenEnd))
    }
    // Neighbouring queries' keys overlap or touch, so that there are no gaps between the first and the last.
    return (pairs, pairs == 0 ? 0 : end - first)
  }
}

extension AttentionProblem {
  /// Where query 0 of a sequence with so many keys stands among them.
  func queryStart(ofSequence sequence: Int, keyLength: Int) -> Int {
    if let queryOffsets { return queryOffsets[sequence] }
    switch mask {
    case .causal(.topLeft), .window(_, _, .topLeft): return 0
    case .full, .causal, .window: return keyLength - queryLength
    }
  }
}

extension OperatorRequest {
  /// A call of attention. Throws what is wrong with the problem.
  public init(_ problem: AttentionProblem) throws(TesseraError) {
    self.init(attention: problem)
    extents = try problem.checkedExtents()
  }
}
