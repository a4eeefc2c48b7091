extension AttentionProblem {
  /// Throws where packed sequences do not lie within the rows of their operands, or share rows that are written.
  /// Lengths have been checked.
  func checkStarts(_ operation: String) throws(TesseraError) {
    if let queryStarts {
      try checkRoom(queryHeads, queryLength, "query", operation)
      try check(queryStarts, lengths: queryLengths, longest: queryLength, rows: queries.rows, "query", operation)
      try checkApart(queryStarts, lengths: queryLengths, longest: queryLength, "query", operation)
    }
    if let keyStarts {
      try checkRoom(keyValueHeads, keyLength, "key", operation)
      try check(keyStarts, lengths: keyLengths, longest: keyLength, rows: keys.rows, "key", operation)
      if operation == Self.gradientsOperation {
        try checkApart(keyStarts, lengths: keyLengths, longest: keyLength, "key", operation)
      }
    }
  }

  /// Plans have room for the longest sequence. Where all are shorter than that no layout bounds it.
  private func checkRoom(_ heads: Int, _ longest: Int, _ name: String, _ operation: String) throws(TesseraError) {
    let room = [batch, heads, longest, headDimension + valueDimension + 64]
    guard room.reduce(1, { $0 * Double($1) }) < 0x1p56 else {
      throw .invalidOperand(
        operation: operation, operand: "\(name) length", expected: "sequences and heads that there can be room for",
        actual: "\(longest), of \(batch) sequences and \(heads) heads")
    }
  }

  private func check(
    _ starts: [Int], lengths: [Int]?, longest: Int, rows: Int, _ name: String, _ operation: String
  ) throws(TesseraError) {
    func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
      .invalidOperand(operation: operation, operand: operand, expected: expected, actual: actual)
    }
    guard starts.count == batch else {
      throw invalid("\(name) starts", expected: "\(batch), one a sequence", actual: "\(starts.count)")
    }
    for (sequence, start) in starts.enumerated() {
      let last = rows.subtractingReportingOverflow(lengths?[sequence] ?? longest)
      guard start >= 0, !last.overflow, start <= last.partialValue else {
        throw invalid(
          "\(name) start of sequence \(sequence)",
          expected: "0 or more, and its \(lengths?[sequence] ?? longest) rows within \(rows)", actual: "\(start)")
      }
    }
  }

  /// Of sequences that begin where another has not ended.
  private func checkApart(
    _ starts: [Int], lengths: [Int]?, longest: Int, _ name: String, _ operation: String
  ) throws(TesseraError) {
    let runs = starts.enumerated().map { (sequence: $0, start: $1, length: lengths?[$0] ?? longest) }
      .filter { $0.length > 0 }.sorted { $0.start < $1.start }
    for (run, next) in zip(runs, runs.dropFirst()) where next.start < run.start + run.length {
      throw .invalidOperand(
        operation: operation, operand: "\(name) start of sequence \(next.sequence)",
        expected: "rows that no other sequence has", actual: "\(next.start), where sequence \(run.sequence) has rows")
    }
  }
}
