import Tessera
import Testing

/// Items of attention's backward pass that wait for each other.
@Suite struct AttentionBiasOrderTests {
  /// Twelve heads; and packed sequences, of which each has as many ranges as its keys take, one without queries and one
  /// without either.
  private static var problems: [AttentionProblem] {
    var heads = AttentionProblem(batch: 1, queryHeads: 12, queryLength: 130, keyLength: 900, headDimension: 8)
    heads.mask = .causal()
    var packed = AttentionProblem(
      packed: [40, 60, 0, 1, 97, 0, 70, 30], keyLengths: [700, 10, 500, 193, 700, 0, 390, 200], queryHeads: 4,
      keyValueHeads: 2, headDimension: 8)
    packed.slopes = .perHead
    return [heads, packed].map {
      var problem = $0
      problem.bias = BatchedMatrixLayout(scoresOf: problem)
      problem.gradients.bias = BatchedMatrixLayout(scoresOf: problem, broadcast: 3)
      return problem
    }
  }

  private func context(threads: Int) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: .best)
  }

  /// Gradients of queries, keys and values of a call that leaves out those of the parameters.
  private func runWithoutParameters(_ call: AttentionGradientCall, _ context: ExecutionContext) throws -> [[Float]] {
    let (output, kept) = try call.forwardResult(context)
    let (forward, gradients) = (call.forward, call.problem.gradients)
    var queries = [Float](repeating: .nan, count: try #require(gradients.queries.requiredCount))
    var keys = [Float](repeating: .nan, count: try #require(gradients.keys.requiredCount))
    var values = [Float](repeating: .nan, count: try #require(gradients.values.requiredCount))
    try AttentionGradientPlan(for: call.problem, context: context).run(
      queries: forward.queries.span, keys: forward.keys.span, values: forward.values.span, bias: forward.bias?.span,
      slopes: forward.slopes?.span, output: output.span, kept: kept, outputGradient: call.outputGradient.span,
      queriesGradient: queries.mutableSpan, keysGradient: keys.mutableSpan, valuesGradient: values.mutableSpan)
    return [queries, keys, values]
  }

  /// Ranges of keys take turns at the queries' gradients, too, where nobody wants the bias's.
  @Test func aCallWithoutTheBiasGradientHasTheSameBits() throws {
    for problem in Self.problems {
      let partition = AttentionGradientPartition(problem)
      #expect(partition.keyRanges > 1 && partition.rangesWait)
      let call = try AttentionGradientCall(problem)
      let whole = try call.run(try context(threads: 1))
      #expect(whole.isFinite)
      let expected = [whole.queries, whole.keys, whole.values].map { $0.map(\.bitPattern) }
      for threads in [1, 2, 3, 8] {
        let context = try context(threads: threads)
        for _ in 0..<5 {
          let isSame = try runWithoutParameters(call, context).map { $0.map(\.bitPattern) } == expected
          #expect(isSame, "\(threads) threads, \(problem.batch) sequences")
        }
      }
    }
  }

  /// Sequences whose numbers of ranges differ, in turns: the same bits for any threads, and without the bias's
  /// gradient, where ranges leave parts, the same sums in another order.
  @Test(arguments: InstructionSet.available) func packedSequencesTakeTurns(set: InstructionSet) throws {
    let problem = Self.problems[1]
    let call = try AttentionGradientCall(problem)
    func run(_ call: AttentionGradientCall, threads: Int) throws -> AttentionGradientCall.Result {
      try call.run(ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set))
    }
    let expected = try run(call, threads: 1)
    #expect(expected.isFinite)
    for threads in [2, 3, 8] {
      for _ in 0..<5 {
        let isSame = try run(call, threads: threads) == expected
        #expect(isSame, "\(threads) threads")
      }
    }
    var plain = problem
    plain.gradients.bias = nil
    let parts = try run(try AttentionGradientCall(plain), threads: 2)
    expectNear(expected.queries, parts.queries, tolerance: 1e-5)
    expectNear(expected.keys, parts.keys)
    expectNear(expected.values, parts.values)
    expectNear(expected.slopes, parts.slopes, tolerance: 1e-4)
  }

  /// Of items that all take one step, handed out to threads as they come, hardly one waits: the steps are about as many
  /// as they would be if none waited for another, or as the most that wait one for the other.
  @Test func threadsHardlyWait() {
    // Sequences share the bias, fewer than a head has ranges: those wait for nobody of their head.
    var sequences = AttentionProblem(batch: 2, queryHeads: 4, queryLength: 20, keyLength: 1100, headDimension: 64)
    sequences.bias = BatchedMatrixLayout(scoresOf: sequences)
    sequences.gradients.bias = BatchedMatrixLayout(scoresOf: sequences, broadcast: 1)
    for problem in Self.problems + [sequences] {
      let partition = AttentionGradientPartition(problem)
      for threads in 1...3 {
        var (free, ends, chains) = ([Int](repeating: 0, count: threads), [Int: Int](), [Int: Int]())
        for turn in partition.biasTurns(threadCount: threads) {
          let thread = free.indices.min { free[$0] < free[$1] }!
          free[thread] = turn.earlier.reduce(free[thread]) { max($0, ends[$1] ?? .max / 2) } + 1
          ends[turn.item] = free[thread]
          chains[turn.item] = turn.earlier.reduce(0) { max($0, chains[$1] ?? 0) } + 1
        }
        let least = max((partition.itemCount + threads - 1) / threads, chains.values.max()!)
        #expect(free.max()! <= least + 2, "\(threads) threads, \(partition.itemCount) items")
      }
    }
  }
}
