import Tessera
import Testing

/// The backward pass as a whole: bits, edges, properties, what a plan holds and moves. `AttentionGradientCall` runs
/// forward before it; agreement with the oracle is the verifier's.
@Suite struct AttentionGradientTests {
  /// Several tiles of queries and keys; keys split, in ranges of one tile and of several; heads that share keys.
  private static let problems = [
    AttentionProblem(batch: 2, queryHeads: 20, queryLength: 130, keyLength: 250, headDimension: 16),
    AttentionProblem(batch: 1, queryHeads: 2, queryLength: 100, keyLength: 700, headDimension: 8, valueDimension: 5),
    AttentionProblem(
      batch: 1, queryHeads: 6, keyValueHeads: 2, queryLength: 30, keyLength: 4000, headDimension: 4, valueDimension: 3),
  ]

  private func context(_ set: InstructionSet = .best, threads: Int = 2) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set)
  }

  @Test func problemsAreCutBothWays() {
    #expect(Self.problems.map { AttentionGradientPartition($0).keyRanges > 1 } == [false, true, true])
  }

  @Test(arguments: problems, InstructionSet.available)
  func bitsDoNotDependOnThreadsOrRun(problem: AttentionProblem, set: InstructionSet) throws {
    let dropout = try Dropout(probability: 0.1, seed: 3)
    for isPlain in [true, false] {
      var problem = problem
      if !isPlain {
        (problem.mask, problem.dropout, problem.softcap) = (.causal(), dropout, 3)
        problem.bias = BatchedMatrixLayout(scoresOf: problem, broadcastingBatch: true, heads: true)
        problem.gradients.bias = problem.bias
        (problem.slopes, problem.hasSinks) = (.perHead, true)
      }
      let call = try AttentionGradientCall(problem)
      let expected = try call.run(try context(set, threads: 1))
      #expect(expected.isFinite)
      for threads in [1, 2, 3, 8] {
        let context = try context(set, threads: threads)
        let plan = try AttentionGradientPlan(for: call.problem, context: context)
        for repetition in 0..<min(3, DeterminismTests.repetitions) {
          let isSame = try call.run(context, plan: plan) == expected
          #expect(isSame, "\(threads) threads, run \(repetition)")
        }
      }
    }
  }

  /// Queries before the first key, and keys past a length: gradients of 0, whatever their operands hold.
  @Test(arguments: InstructionSet.available) func whatIsHiddenHasNoGradientAndReachesNothing(set: InstructionSet) throws
  {
    for queries in [3, 130] {
      var problem = AttentionProblem(batch: 1, queryHeads: 2, queryLength: queries, keyLength: 70, headDimension: 16)
      (problem.mask, problem.keyLengths) = (.causal(), [min(40, queries - 1)])
      var call = try AttentionGradientCall(problem)
      let expected = try call.run(try context(set))
      #expect(expected.isFinite)
      // Bottom right: queries before the last `length` see nothing.
      let (length, blind) = (min(40, queries - 1), queries - min(40, queries - 1))
      for head in 0..<2 {
        for row in 0..<blind {
          for column in 0..<16 {
            call.forward.queries[(head * queries + row) * 16 + column] = .nan
            call.outputGradient[(head * queries + row) * 16 + column] = .infinity
            #expect(expected.queries[(head * queries + row) * 16 + column] == 0)
          }
        }
        for key in length..<70 {
          for column in 0..<16 {
            call.forward.keys[(head * 70 + key) * 16 + column] = .nan
            call.forward.values[(head * 70 + key) * 16 + column] = .infinity
            #expect(expected.keys[(head * 70 + key) * 16 + column] == 0)
            #expect(expected.values[(head * 70 + key) * 16 + column] == 0)
          }
        }
      }
      let poisoned = try call.run(try context(set))
      expectNear(poisoned.queries, expected.queries)
      expectNear(poisoned.keys, expected.keys)
      expectNear(poisoned.values, expected.values)
    }
  }

  /// Heads that share keys have the gradients of heads with keys of their own, added up.
  @Test func groupedHeadsAddUpWhatRepeatedOnesHave() throws {
    let context = try context()
    var grouped = AttentionProblem(
      batch: 2, queryHeads: 4, keyValueHeads: 2, queryLength: 50, keyLength: 70, headDimension: 16)
    grouped.mask = .causal()
    let call = try AttentionGradientCall(grouped)
    var repeated = AttentionProblem(batch: 2, queryHeads: 4, queryLength: 50, keyLength: 70, headDimension: 16)
    repeated.mask = .causal()
    var other = try AttentionGradientCall(repeated)
    other.forward.queries = call.forward.queries
    other.outputGradient = call.outputGradient
    let plane = 70 * 16
    func twice(_ values: [Float]) -> [Float] {
      (0..<8).flatMap { values[$0 / 2 * plane..<($0 / 2 + 1) * plane] }
    }
    (other.forward.keys, other.forward.values) = (twice(call.forward.keys), twice(call.forward.values))
    let (one, all) = (try call.run(context), try other.run(context))
    func added(_ values: [Float]) -> [Float] {
      (0..<4).flatMap { shared in
        let (first, second) = (2 * shared * plane, (2 * shared + 1) * plane)
        return (0..<plane).map { values[first + $0] + values[second + $0] }
      }
    }
    expectNear(one.queries, all.queries)
    expectNear(one.keys, added(all.keys))
    expectNear(one.values, added(all.values))
  }

  /// A sink of −inf is none; one of +inf leaves nothing that has a gradient.
  @Test(arguments: InstructionSet.available) func sinksThatAreNoneOrAll(set: InstructionSet) throws {
    for problem in Self.problems {
      let context = try context(set)
      let plain = try AttentionGradientCall(problem).run(context)
      var sunk = problem
      sunk.hasSinks = true
      var call = try AttentionGradientCall(sunk)
      call.forward.sinks = call.forward.sinks!.map { _ in -.infinity }
      let none = try call.run(context)
      expectNear(none.queries, plain.queries)
      expectNear(none.keys, plain.keys)
      expectNear(none.values, plain.values)
      #expect(none.sinks == Array(repeating: 0, count: problem.queryHeads))
      call.forward.sinks = call.forward.sinks!.map { _ in .infinity }
      let all = try call.run(context)
      #expect([all.queries, all.keys, all.values, all.sinks].allSatisfy { $0.allSatisfy { $0 == 0 } })
    }
  }

  /// After a call on NaN a clean one gives the bits of a fresh plan's.
  @Test(arguments: InstructionSet.available) func nothingOfACallBeforeIsLeft(set: InstructionSet) throws {
    let context = try context(set)
    for mask in [.full, .causal(), .window(left: 7, right: 3, alignment: .topLeft)] as [AttentionMask] {
      var problem = Self.problems[1]
      (problem.mask, problem.softcap) = (mask, 2)
      let call = try AttentionGradientCall(problem)
      var poisoned = call
      for path in [\AttentionGradientCall.forward.queries, \.forward.keys, \.forward.values, \.outputGradient] {
        poisoned[keyPath: path] = poisoned[keyPath: path].map { _ in .nan }
      }
      let plan = try AttentionGradientPlan(for: call.problem, context: context)
      _ = try poisoned.run(context, plan: plan)
      #expect(try call.run(context, plan: plan) == call.run(context))
    }
  }

  /// A thread's memory does not grow with the lengths, and what all share grows as the operands do.
  @Test func workspaceIsLinearInTheLengths() throws {
    func bytes(_ length: Int, heads: Int, threads: Int) throws -> Int {
      try AttentionGradientPlan(
        for: AttentionProblem(batch: 1, queryHeads: heads, queryLength: length, headDimension: 64),
        context: try context(threads: threads)
      ).workspaceBytes
    }
    for heads in [1, 40] {
      let (thread, more) = (
        try bytes(1024, heads: heads, threads: 2) - bytes(1024, heads: heads, threads: 1),
        try bytes(16384, heads: heads, threads: 2) - bytes(16384, heads: heads, threads: 1)
      )
      #expect(thread == more && thread <= 1 << 20)
      // At most sixteen copies of the queries' gradients, and a float for each query in each.
      let shared = try bytes(16384, heads: heads, threads: 1) - thread
      #expect(shared <= heads * 16384 * (heads == 1 ? 16 * 65 : 1) * 4)
    }
  }

  /// One head of 100 queries and 150 keys, 16 wide: one tile. Everything is read once, output and its gradient for
  /// their product, and the queries' gradients are zeroed and written as one where they stay.
  @Test func trafficByHand() throws {
    let ledger = Ledger()
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 1 << 20)
    let call = try AttentionGradientCall(
      AttentionProblem(batch: 1, queryHeads: 1, queryLength: 100, keyLength: 150, headDimension: 16))
    _ = try call.run(context)
    let entry = try #require(ledger.entries["attention-gradients"])
    let (row, queries, keys) = (16 * 4, 100, 150)
    #expect(entry.traffic.readBytes == queries * (3 * row + 4) + keys * 2 * row)
    #expect(entry.traffic.writtenBytes == queries * row + keys * 2 * row)
    #expect(entry.leastBytes == queries * (4 * row + 4) + keys * 4 * row)
    #expect(entry.floatingPointOperations == 100 * 150 * 16 * 10)
  }
}
