import Tessera
import Testing

/// What a step of AdamW promises beyond agreement with the oracle.
@Suite struct AdamWTests {
  private static func context(_ set: InstructionSet, threads: Int = 2) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set)
  }

  /// The first step goes by the learning rate against the gradient's sign, however large that is.
  @Test(arguments: InstructionSet.available) func theFirstStepByHand(set: InstructionSet) throws {
    var parameters: [Float] = [1, -2, 0, 4]
    let gradients: [Float] = [10, -0.25, 1000, 0]
    var (first, second) = ([Float](repeating: 0, count: 4), [Float](repeating: 0, count: 4))
    let options = AdamWOptions(learningRate: 0.5, epsilon: 1e-20, weightDecay: 0.5)
    try adamW(
      options, parameters: parameters.mutableSpan, MatrixLayout(rows: 1, columns: 4), gradients: gradients.span,
      firstMoments: first.mutableSpan, secondMoments: second.mutableSpan, context: Self.context(set))
    for (parameter, expected) in zip(parameters, [0.75 - 0.5, -1.5 + 0.5, -0.5, 3] as [Float]) {
      #expect(abs(parameter - expected) < 2e-6)
    }
    for (moment, gradient) in zip(first, gradients) { #expect(abs(moment - 0.1 * gradient) <= 1e-6 * abs(gradient)) }
    for (moment, gradient) in zip(second, gradients) {
      #expect(abs(moment - 0.001 * gradient * gradient) <= 1e-6 * gradient * gradient)
    }
  }

  /// Matrices with gaps and without have the same bits, whoever runs them, and what lies between is left alone.
  @Test(arguments: InstructionSet.available) func bitsDoNotDependOnLayoutOrThreads(set: InstructionSet) throws {
    let (rows, columns, stride) = (70, 1030, 1037)
    let options = AdamWOptions(learningRate: 0.01, step: 5, gradientScale: 0.5)
    let start = SamplingTests.uniform(rows * stride, seed: 1)
    let gradients = SamplingTests.uniform(rows * stride, seed: 2)
    let squares = SamplingTests.uniform(rows * stride, seed: 3).map(\.magnitude)
    let gaps = MatrixLayout(rows: rows, columns: columns, rowStride: stride)
    func taken(_ elements: [Float]) -> [Float] {
      (0..<rows).flatMap { elements[$0 * stride..<$0 * stride + columns] }
    }
    var expected: [Float]?
    for threads in [1, 2, 3, 8] {
      let context = try Self.context(set, threads: threads)
      var (parameters, first, second) = (start, gradients, squares)
      let plan = try AdamWPlan(
        parameters: gaps, gradients: gaps, firstMoments: gaps, secondMoments: gaps, context: context)
      try plan.run(
        options, parameters: parameters.mutableSpan, gradients: gradients.span, firstMoments: first.mutableSpan,
        secondMoments: second.mutableSpan)
      for row in 0..<rows {
        let between = row * stride + columns..<(row + 1) * stride
        #expect(parameters[between] == start[between] && second[between] == squares[between])
      }
      var (dense, denseFirst, denseSecond) = (taken(start), taken(gradients), taken(squares))
      let denseGradients = taken(gradients)
      try adamW(
        options, parameters: dense.mutableSpan, MatrixLayout(rows: rows, columns: columns),
        gradients: denseGradients.span, firstMoments: denseFirst.mutableSpan, secondMoments: denseSecond.mutableSpan,
        context: context)
      let isSame =
        dense == taken(parameters) && denseFirst == taken(first) && denseSecond == taken(second)
        && dense == expected ?? dense
      #expect(isSame, "\(threads) threads")
      expected = dense
    }
  }

  /// One long row is cut like many: 300,000 elements of four streams are four items and more.
  @Test func bytesByHand() throws {
    let ledger = Ledger()
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 1 << 20)
    let extents: Extents = [.rows: 1, .columns: 300_000]
    let entry = try OperatorCatalog.entry(named: "adamw")
    let storage = try OperandStorage(entry.descriptor, extents: extents, mode: .training)
    try entry.prepare(OperatorRequest(extents: extents), context: context).run(storage.buffers)
    let recorded = try #require(ledger.entries["adamw"])
    #expect((recorded.traffic.readBytes, recorded.traffic.writtenBytes) == (4 * 1_200_000, 3 * 1_200_000))
    #expect(recorded.traffic.updates >= 4)
    #expect(recorded.leastBytes == 7 * 1_200_000)
    #expect(recorded.floatingPointOperations == 15 * 300_000)
  }
}
