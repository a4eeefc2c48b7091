import Tessera

extension BenchProblem {
  /// Each packed sequence in a call of its own, packed alone, heads first: what it computes is what the one call does
  /// for it. Throws where sequences are not packed, and for a bias or a Boolean mask, which sequences may share and
  /// whose planes are all as large as the longest's.
  func apart() throws(TesseraError) -> [BenchProblem] {
    guard let attention = request.attention, attention.queryStarts != nil, attention.keyStarts != nil,
      attention.batch > 0
    else {
      throw invalid(expected: "packed sequences", actual: "none")
    }
    let planes = [("a bias", attention.bias), ("a Boolean mask", attention.booleanMask)].filter { $0.1 != nil }
    guard planes.isEmpty else {
      throw invalid(
        expected: "no bias and no Boolean mask with it, which are of all sequences together",
        actual: planes.map(\.0).joined(separator: " and "))
    }
    return try (0..<attention.batch).map { sequence throws(TesseraError) in
      var own = self
      own.request = try OperatorRequest(try attention.alone(sequence))
      return own
    }
  }

  private func invalid(expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: "bench", operand: "apart", expected: expected, actual: actual)
  }
}

extension AttentionProblem {
  /// One packed sequence with its own lengths, place among its keys, documents, blocks and draws.
  fileprivate func alone(_ sequence: Int) throws(TesseraError) -> AttentionProblem {
    let place = AttentionProblem(
      packed: [queryLength(ofSequence: sequence)], keyLengths: [keyRoom(ofSequence: sequence)], queryHeads: queryHeads,
      keyValueHeads: keyValueHeads, headDimension: headDimension, valueDimension: valueDimension, order: .headsFirst)
    var own = self
    own.batch = 1
    (own.queryLength, own.keyLength) = (place.queryLength, place.keyLength)
    (own.queryLengths, own.keyLengths) = (place.queryLengths, place.keyLengths)
    (own.queryStarts, own.keyStarts) = (place.queryStarts, place.keyStarts)
    (own.queries, own.keys, own.values) = (place.queries, place.keys, place.values)
    (own.output, own.gradients) = (place.output, place.gradients)
    own.queryOffsets = queryOffsets.map { [$0[sequence]] }
    own.documentStarts = documentStarts.map { [$0[sequence]] }
    own.dropoutSequences = [dropoutSequences?[sequence] ?? sequence]
    own.blockMask = try blockMask?.alone(sequence, of: place)
    return own
  }
}

extension AttentionBlockMask {
  /// The blocks that one sequence's lengths have, which may be fewer than the longest's.
  fileprivate func alone(_ sequence: Int, of place: AttentionProblem) throws(TesseraError) -> AttentionBlockMask {
    try AttentionBlockMask(
      queriesPerBlock: queriesPerBlock, keysPerBlock: keysPerBlock,
      queryBlocks: (place.queryLength + queriesPerBlock - 1) / queriesPerBlock,
      keyBlocks: (place.keyLength + keysPerBlock - 1) / keysPerBlock, heads: heads
    ) { isVisible(sequence: sequence, head: $1, queryBlock: $2, keyBlock: $3) }
  }
}
