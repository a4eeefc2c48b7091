extension AttentionGradientSetup {
  /// sinks-gradient[h] = −Σ exp(sink − log-sum-exp) · (output-gradient · output) of one head, over the queries of all
  /// sequences in their order, in double; returns what that moved.
  ///
  /// A row whose output is all 0 has no part, whatever its output's gradient holds: it saw nothing, or kept nothing.
  /// A sink of −inf is none: its gradient is 0, where exp(−inf) · product would be NaN of one that is not finite.
  func sumSink(ofHead head: Int, _ operands: UnsafePointer<AttentionGradientOperands>) -> Traffic {
    let sink = operands.pointee.sinks![head]
    let (keyValueHead, member) = head.quotientAndRemainder(dividingBy: problem.groupSize)
    var sum = 0.0
    for sequence in 0..<problem.batch where sink != -.infinity {
      let length = problem.queryLength(ofSequence: sequence)
      guard length > 0 else { continue }
      let slot = partition.productSlot(ofSequence: sequence, keyValueHead: keyValueHead, range: 0)
      let products = parts.products(ofSlot: slot) + member * length
      let place = SequencePlace(queriesOf: sequence, in: problem)
      let logSumExps = operands.pointee.logSumExp! + problem.firstLogSumExp(of: place, head: head)
      for query in 0..<length {
        let (product, logSumExp) = (products[query], logSumExps[query])
        if logSumExp == -.infinity { continue }
        if !product.isFinite && isZero(place, head: head, query: query, operands) { continue }
        // An infinite sink takes everything.
        let probability = sink == logSumExp ? 1 : exponential(Double(sink) - Double(logSumExp))
        sum += probability * Double(product)
      }
    }
    operands.pointee.sinksGradient![head] = Float(-sum)
    let float = MemoryLayout<Float>.stride
    return Traffic(readBytes: (problem.queryTokens + 1) * float, writtenBytes: float)
  }

  private func isZero(
    _ place: SequencePlace, head: Int, query: Int, _ operands: UnsafePointer<AttentionGradientOperands>
  ) -> Bool {
    let row = operands.pointee.output! + problem.output.start(of: place, head: head, row: query)
    return (0..<problem.valueDimension).allSatisfy { row[$0] == 0 }
  }
}
