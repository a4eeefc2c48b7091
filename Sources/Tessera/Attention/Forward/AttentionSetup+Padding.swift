extension AttentionProblem {
  /// Whether outputs have rows past the queries of a sequence.
  var hasPadding: Bool { queryStarts == nil && (queryLengths?.contains { $0 < queryLength } ?? false) }
}

extension AttentionSetup {
  /// Rows past the sequence's queries, of one query head: output 0, log-sum-exp −inf. Returns what that moved.
  func clearPadding(ofPlane plane: Int, _ operands: UnsafePointer<AttentionOperands>) -> Traffic {
    let rows = problem.queryLength(ofSequence: plane / problem.queryHeads)..<problem.queryLength
    let layout = problem.output
    for row in rows {
      (operands.pointee.output! + layout.start(ofPlane: plane) + row * layout.rowStride)
        .update(repeating: 0, count: layout.columns)
    }
    let first = plane * problem.queryLength + rows.lowerBound
    if let logSumExp = operands.pointee.logSumExp {
      (logSumExp + first).update(repeating: -.infinity, count: rows.count)
    }
    let perRow = layout.columns + (operands.pointee.logSumExp == nil ? 0 : 1)
    return Traffic(readBytes: 0, writtenBytes: rows.count * perRow * MemoryLayout<Float>.stride)
  }
}
