extension AttentionGradientSetup {
  /// queries-gradient = 0 of the rows past a sequence's queries, of one query head; returns what that moved.
  func clearPadding(ofPlane plane: Int, _ operands: UnsafePointer<AttentionGradientOperands>) -> Traffic {
    let rows = problem.queryLength(ofSequence: plane / problem.queryHeads)..<problem.queryLength
    let layout = problem.gradients.queries
    for row in rows {
      (operands.pointee.queriesGradient! + layout.start(ofPlane: plane) + row * layout.rowStride)
        .update(repeating: 0, count: layout.columns)
    }
    return Traffic(readBytes: 0, writtenBytes: rows.count * layout.columns * MemoryLayout<Float>.stride)
  }
}
