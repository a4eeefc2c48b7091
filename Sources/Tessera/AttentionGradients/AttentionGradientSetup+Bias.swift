extension AttentionGradientSetup {
  /// Whether a sequence's planes of the bias's gradient have rows past its queries, or columns past the keys that it
  /// has room for: no item comes there.
  var biasHasPadding: Bool {
    (0..<problem.batch).contains {
      problem.queryLength(ofSequence: $0) < problem.queryLength || problem.keyRoom(ofSequence: $0) < problem.keyLength
    }
  }

  /// bias-gradient = 0 there, of one query head that is the first on its elements; returns what that moved. Comes
  /// before the items: heads of longer sequences add to the same elements.
  func clearBiasPadding(ofPlane plane: Int, _ operands: UnsafePointer<AttentionGradientOperands>) -> Traffic {
    guard let layout = problem.gradients.bias, partition.biasOrder!.begins[plane] else { return Traffic() }
    let sequence = plane / problem.queryHeads
    let (queries, keys) = (problem.queryLength(ofSequence: sequence), problem.keyRoom(ofSequence: sequence))
    let first = operands.pointee.biasGradient! + layout.start(ofPlane: plane)
    var cleared = 0
    // A row that all queries share is an item's as soon as there is a query.
    for row in 0..<(layout.rowStride == 0 ? min(1, problem.queryLength) : problem.queryLength) {
      let start = row < queries ? keys : 0
      (first + row * layout.rowStride + start).update(repeating: 0, count: problem.keyLength - start)
      cleared += problem.keyLength - start
    }
    return Traffic(readBytes: 0, writtenBytes: cleared * MemoryLayout<Float>.stride)
  }
}
