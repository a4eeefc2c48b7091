/// How long each operand of a call has to be, and which may not share memory.
struct AttentionRequirements {
  /// In the order of `run`'s parameters; 0 for an operand that the problem does not have, and for keys and values in
  /// ranges, which are checked on their own.
  private let counts: InlineArray<9, Int>
  private static let names: InlineArray<9, String> = [
    "queries", "keys", "values", "bias", "mask", "slopes", "sinks", "output", "log-sum-exp",
  ]

  init(_ problem: AttentionProblem, hasRanges: Bool = false) {
    // Layouts were checked when the plan was made.
    counts = [
      problem.queries.requiredCount!, hasRanges ? 0 : problem.keys.requiredCount!,
      hasRanges ? 0 : problem.values.requiredCount!,
      problem.bias?.requiredCount! ?? 0, problem.booleanMask?.requiredCount! ?? 0, problem.slopeCount,
      problem.sinkCount, problem.output.requiredCount!,
      problem.writesLogSumExp ? problem.logSumExpCount : 0,
    ]
  }

  /// Throws where an operand is too short, or something written shares memory with anything else.
  func check(_ buffers: AttentionBuffers, of problem: AttentionProblem) throws(TesseraError) {
    let float = MemoryLayout<Float>.stride
    let given: InlineArray<9, Int> = [
      buffers.queries.count, buffers.keys.count / float, buffers.values.count / float,
      problem.bias == nil ? 0 : buffers.bias.count,
      problem.booleanMask == nil ? 0 : buffers.mask.count, buffers.slopes.count, buffers.sinks.count,
      buffers.output.count,
      problem.writesLogSumExp ? buffers.logSumExp.count : 0,
    ]
    for index in counts.indices {
      try checkVector(
        given[index], expected: counts[index], operation: OperatorDescriptor.attention.name,
        operand: Self.names[index])
    }
    let starts: InlineArray<9, UnsafeRawPointer?> = [
      UnsafeRawPointer(buffers.queries.baseAddress), buffers.keys.baseAddress, buffers.values.baseAddress,
      UnsafeRawPointer(buffers.bias.baseAddress),
      UnsafeRawPointer(buffers.mask.baseAddress), UnsafeRawPointer(buffers.slopes.baseAddress),
      UnsafeRawPointer(buffers.sinks.baseAddress), UnsafeRawPointer(buffers.output.baseAddress),
      UnsafeRawPointer(buffers.logSumExp.baseAddress),
    ]
    func place(_ index: Int) -> PlacedMatrix {
      PlacedMatrix(Self.names[index], bytes: starts[index], count: counts[index] * (index == 4 ? 1 : float))
    }
    // Of memory that has ranges all is the cache's.
    let hasRanges = buffers.ranges != nil
    let keys = hasRanges ? PlacedMatrix("keys", bytes: starts[1], count: buffers.keys.count) : place(1)
    let values = hasRanges ? PlacedMatrix("values", bytes: starts[2], count: buffers.values.count) : place(2)
    try checkOverlap(
      .attention, reads: [place(0), keys, values, place(3), place(4), place(5), place(6)],
      writes: [place(7), place(8)])
  }
}
