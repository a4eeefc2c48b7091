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
      let areAlike =
        queryLengths == nil && keyLengths == nil && queryOffsets == nil && documentStarts == nil && blockMask == nil
      if !areAlike {
        for sequence in 0..<batch {
          // Neighbours of one length, place, documents and blocks see alike.
          if sequence > 0,
            length(sequence) != length(sequence - 1)
              || queryLength(ofSequence: sequence) != queryLength(ofSequence: sequence - 1)
              || queryOffsets?[sequence] != queryOffsets?[sequence - 1]
              || documentStarts?[sequence] != documentStarts?[sequence - 1] || blockMask.map({ $0.batch > 1 }) == true
          {
            seen = visible(ofSequence: sequence, keyLength: length(sequence))
          }
          pairs += seen.pairs
          keysSeen += seen.keys
        }
      } else {
        pairs = seen.pairs * batch
        keysSeen = seen.keys * batch
      }
    }
    return [
      .batch: batch, .queryHeads: queryHeads, .keyValueHeads: keyValueHeads, .queryLength: queryLength,
      .keyLength: keyLength, .headDimension: headDimension, .valueDimension: valueDimension, .visiblePairs: pairs,
      .visibleKeys: keysSeen, .queryTokens: queryTokens, .queryRows: queryRows, .keyRows: keyRows,
      .biasElements: bias?.distinctCount ?? 0, .maskElements: booleanMask?.distinctCount ?? 0,
      .slopeElements: slopeCount, .sinkElements: sinkCount,
      .biasGradientElements: gradients.bias?.distinctCount ?? 0,
    ]
  }

  /// Visible pairs of all heads of a sequence, and how many of their keys some query sees.
  private func visible(ofSequence sequence: Int, keyLength: Int) -> (pairs: Int, keys: Int) {
    if let blockMask { return visible(in: blockMask, ofSequence: sequence, keyLength: keyLength) }
    let seen = visibleOfOneHead(ofSequence: sequence, keyLength: keyLength)
    return (seen.pairs * queryHeads, seen.keys * keyValueHeads)
  }

  private func visibleOfOneHead(ofSequence sequence: Int, keyLength: Int) -> (pairs: Int, keys: Int) {
    let queryLength = queryLength(ofSequence: sequence)
    if !hidesByPosition { return (queryLength * keyLength, queryLength == 0 ? 0 : keyLength) }
    let bounds = visibleBounds(ofSequence: sequence, keyLength: keyLength)
    var pairs = 0
    var (first, end) = (Int.max, 0)
    for query in 0..<queryLength {
      let seen = bounds(query)
      guard !seen.isEmpty else { continue }
      pairs += seen.count
      (first, end) = (min(first, seen.lowerBound), max(end, seen.upperBound))
    }
    // Neighbouring queries' keys overlap or touch, so that there are no gaps between the first and the last.
    return (pairs, pairs == 0 ? 0 : end - first)
  }

  /// What each query of a sequence sees by its position: a range of keys.
  func visibleBounds(ofSequence sequence: Int, keyLength: Int) -> (_ query: Int) -> Range<Int> {
    let positions = VisiblePositions(self, sequence: sequence, keyLength: keyLength)
    return { query in
      let (first, end) = positions.bounds(ofQuery: query, within: 0..<keyLength)
      return first < end ? first..<end : 0..<0
    }
  }
}

extension AttentionProblem {
  /// Where query 0 of a sequence with so many keys stands among them.
  func queryStart(ofSequence sequence: Int, keyLength: Int) -> Int {
    if let queryOffsets { return queryOffsets[sequence] }
    switch mask {
    case .causal(.topLeft), .window(_, _, .topLeft): return 0
    case .full, .causal, .window: return keyLength - queryLength(ofSequence: sequence)
    }
  }
}

extension AttentionProblem {
  /// The plane in which a head of a sequence draws its dropout.
  @inline(__always)
  func dropoutPlane(ofSequence sequence: Int, head: Int) -> Int {
    (dropoutSequences?[sequence] ?? sequence) * queryHeads + head
  }
}

extension OperatorRequest {
  /// A call of attention. Throws what is wrong with the problem.
  public init(_ problem: AttentionProblem) throws(TesseraError) {
    self.init(attention: problem)
    extents = try problem.checkedExtents()
  }
}
