extension AttentionGradientSetup {
  /// slopes-gradient = −Σ S · distance, what items left added up in double, in the order of sequences and keys; returns
  /// what that moved.
  func sumSlopes(_ operands: UnsafePointer<AttentionGradientOperands>) -> Traffic {
    for slope in 0..<problem.slopeCount {
      let (sequence, head) = slope.quotientAndRemainder(dividingBy: problem.queryHeads)
      let (keyValueHead, member) = head.quotientAndRemainder(dividingBy: problem.groupSize)
      var sum = 0.0
      for sequence in problem.slopes == .perHead ? 0..<problem.batch : sequence..<sequence + 1 {
        let first = partition.firstItem(ofSequence: sequence, keyValueHead: keyValueHead)
        for range in 0..<partition.keyRanges(ofSequence: sequence) {
          sum += parts.slopeSums(ofItem: first + range)[member]
        }
      }
      operands.pointee.slopesGradient![slope] = Float(0 - sum)
    }
    return Traffic(writtenBytes: problem.slopeCount * MemoryLayout<Float>.stride)
  }
}
