/// How long each operand of a call has to be, and which may not share memory.
struct AttentionRequirements {
  /// In the order of `run`'s parameters; 0 for an operand that the problem does not have.
  private let counts: InlineArray<9, Int>
  private static let names: InlineArray<9, String> = [
    "queries", "keys", "values", "bias", "mask", "slopes", "sinks", "output", "log-sum-exp",
  ]

  init(_ problem: AttentionProblem) {
    // Layouts were checked when the plan was made.
    counts = [
      problem.queries.requiredCount!, problem.keys.requiredCount!, problem.values.requiredCount!,
      problem.bias?.requiredCount! ?? 0, problem.booleanMask?.requiredCount! ?? 0, problem.slopeCount,
      problem.sinkCount, problem.output.requiredCount!,
      problem.writesLogSumExp ? problem.batch * problem.queryHeads * problem.queryLength : 0,
    ]
  }

  /// Throws where an operand is too short, or something written shares memory with anything else.
  func check(_ buffers: AttentionBuffers, of problem: AttentionProblem) throws(TesseraError) {
    let given: InlineArray<9, Int> = [
      buffers.queries.count, buffers.keys.count, buffers.values.count, problem.bias == nil ? 0 : buffers.bias.count,
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
      UnsafeRawPointer(buffers.queries.baseAddress), UnsafeRawPointer(buffers.keys.baseAddress),
      UnsafeRawPointer(buffers.values.baseAddress), UnsafeRawPointer(buffers.bias.baseAddress),
      UnsafeRawPointer(buffers.mask.baseAddress), UnsafeRawPointer(buffers.slopes.baseAddress),
      UnsafeRawPointer(buffers.sinks.baseAddress), UnsafeRawPointer(buffers.output.baseAddress),
      UnsafeRawPointer(buffers.logSumExp.baseAddress),
    ]
    func place(_ index: Int) -> PlacedMatrix {
      PlacedMatrix(Self.names[index], bytes: starts[index], count: counts[index] * (index == 4 ? 1 : 4))
    }
    try checkOverlap(
      .attention, reads: [place(0), place(1), place(2), place(3), place(4), place(5), place(6)],
      writes: [place(7), place(8)])
  }

  /// The same of a call whose keys and values lie in ranges, which are checked on their own.
  func check(
    queries: UnsafeBufferPointer<Float>, output: UnsafeMutableBufferPointer<Float>, keys: UnsafeRawBufferPointer,
    values: UnsafeRawBufferPointer, slopes: UnsafeBufferPointer<Float>, sinks: UnsafeBufferPointer<Float>
  ) throws(TesseraError) {
    for (index, given) in [(0, queries.count), (5, slopes.count), (6, sinks.count), (7, output.count)] {
      try checkVector(
        given, expected: counts[index], operation: OperatorDescriptor.attention.name, operand: Self.names[index])
    }
    func floatBytes(_ count: Int) -> Int { count * MemoryLayout<Float>.stride }
    func place(_ index: Int, _ start: UnsafeRawPointer?, _ byteCount: Int) -> PlacedMatrix {
      PlacedMatrix(Self.names[index], bytes: start, count: byteCount)
    }
    try checkOverlap(
      .attention,
      reads: [
        place(0, UnsafeRawPointer(queries.baseAddress), floatBytes(counts[0])), place(1, keys.baseAddress, keys.count),
        place(2, values.baseAddress, values.count),
        place(5, UnsafeRawPointer(slopes.baseAddress), floatBytes(counts[5])),
        place(6, UnsafeRawPointer(sinks.baseAddress), floatBytes(counts[6])),
      ], writes: [place(7, UnsafeRawPointer(output.baseAddress), floatBytes(counts[7]))])
  }
}
