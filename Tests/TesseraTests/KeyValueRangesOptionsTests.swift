import Tessera
import Testing

/// Each option of attention over ranges does what it does over keys that follow each other.
@Suite struct KeyValueRangesOptionsTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var set: InstructionSet
    var queries: Int
    var lengths: [Int]
    var testDescription: String { "\(set.rawValue), \(queries) queries, \(lengths) keys" }
    var room: Int { lengths.max()! + 31 }

    /// Few rows, and their keys split; packed tiles, and theirs split.
    static let all = InstructionSet.available.flatMap { set in
      [(2, [150, 67]), (1, [600, 0]), (21, [65, 200]), (9, [2100, 300])].map {
        Case(set: set, queries: $0.0, lengths: $0.1)
      }
    }
  }

  struct Option: Sendable {
    var name: String
    var change: @Sendable (inout AttentionProblem) throws -> Void

    init(_ name: String, _ change: @escaping @Sendable (inout AttentionProblem) throws -> Void) {
      (self.name, self.change) = (name, change)
    }

    static let all: [Option] = [
      Option("bias") { $0.bias = BatchedMatrixLayout(scoresOf: $0) },
      Option("bias of all heads") { $0.bias = BatchedMatrixLayout(scoresOf: $0, heads: true) },
      Option("bias of all queries") { $0.bias = BatchedMatrixLayout(scoresOf: $0, queries: true) },
      Option("mask") { $0.booleanMask = BatchedMatrixLayout(scoresOf: $0) },
      Option("mask of all sequences") { $0.booleanMask = BatchedMatrixLayout(scoresOf: $0, broadcastingBatch: true) },
      Option("slopes") { $0.slopes = .perHead },
      Option("slopes of each sequence") { $0.slopes = .perSequenceAndHead },
      Option("sinks") { $0.hasSinks = true },
      Option("softcap") { $0.softcap = 2 },
      Option("offsets") { ($0.mask, $0.queryOffsets) = (.window(left: 90, right: 1), [40, 300]) },
      Option("all") {
        $0.bias = BatchedMatrixLayout(scoresOf: $0)
        $0.booleanMask = BatchedMatrixLayout(scoresOf: $0, heads: true)
        ($0.slopes, $0.hasSinks, $0.softcap) = (.perHead, true, 3)
        ($0.mask, $0.queryOffsets) = (.causal(), [60, 40])
        $0.dropout = try Dropout(probability: 0.2, seed: 3)
      },
    ]
  }

  private func call(_ test: Case, _ option: Option) throws -> AttentionCall {
    var problem = AttentionProblem(
      batch: 2, queryHeads: 4, keyValueHeads: 2, queryLength: test.queries, keyLength: test.room, headDimension: 24,
      valueDimension: 16)
    (problem.keyLengths, problem.writesLogSumExp) = (test.lengths, true)
    try option.change(&problem)
    return try AttentionCall(problem)
  }

  /// Ranges of so many keys, which lie where the call has them.
  private func ranges(_ call: AttentionCall, keys count: Int) -> KeyValueRanges {
    let room = call.problem.keyLength
    var ranges = KeyValueRanges(
      type: .float32, keyStrides: .init(row: 24, head: room * 24), valueStrides: .init(row: 16, head: room * 16))
    for (sequence, length) in call.problem.keyLengths!.enumerated() {
      ranges.append(
        stride(from: 0, to: length, by: count).map { first in
          let row = sequence * 2 * room + first
          return KeyValueRanges.Range(count: min(count, length - first), keyOffset: row * 24, valueOffset: row * 16)
        })
    }
    return ranges
  }

  private func run(
    _ call: AttentionCall, _ ranges: KeyValueRanges, _ context: ExecutionContext, plan: AttentionPlan? = nil
  ) throws -> AttentionCall.Result {
    let plan = try plan ?? AttentionPlan(for: call.problem, context: context)
    var output = [Float](repeating: .nan, count: try #require(call.problem.output.requiredCount))
    let kept = try AttentionSavedTensors(for: call.problem)
    try plan.run(
      queries: call.queries.span, keys: call.keys.span.bytes, values: call.values.span.bytes, at: ranges,
      bias: call.bias?.span, mask: call.mask?.span, slopes: call.slopes?.span, sinks: call.sinks?.span,
      output: output.mutableSpan, keeping: kept)
    return AttentionCall.Result(output: output, logSumExp: Array(kept.logSumExp.elements))
  }

  /// In one range a sequence to the bit; in several within rounding, and the same bits on any number of threads.
  @Test(arguments: Case.all) func isThatOfNeighbouringKeys(test: Case) throws {
    for option in Option.all {
      let call = try call(test, option)
      let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: test.set)
      let expected = try call.run(context)
      #expect(try run(call, ranges(call, keys: 4096), context) == expected, "\(option.name), one range")
      var first: AttentionCall.Result?
      for threads in [1, 2, 3, 8] {
        let context = ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: test.set)
        let result = try run(call, ranges(call, keys: 128), context)
        if first == nil {
          expectNear(result.output, expected.output, tolerance: 1e-5, option.name)
          expectNear(result.logSumExp, expected.logSumExp, tolerance: 1e-5, option.name)
        }
        #expect(first == nil || first == result, "\(option.name), \(threads) threads")
        first = result
      }
    }
  }

  /// A sequence with fewer keys than there is room for has rows of bias and mask as long as the room, of which it reads
  /// the columns of its keys; the next call of the plan may have more.
  @Test(arguments: InstructionSet.available) func onePlanServesAllLengths(set: InstructionSet) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    let option = try #require(Option.all.last)
    let longest = try call(Case(set: set, queries: 3, lengths: [300, 300]), option)
    let plan = try AttentionPlan(for: longest.problem, context: context)
    for lengths in [[20, 70], [300, 1], [129, 300]] {
      var shorter = longest
      shorter.problem.keyLengths = lengths
      for row in 0..<(8 * 3) {
        for column in lengths.max()!..<331 { shorter.bias![row * 331 + column] = .nan }
      }
      let expected = try shorter.run(context)
      #expect(expected.output.allSatisfy { $0.isFinite })
      #expect(try run(shorter, ranges(shorter, keys: 4096), context, plan: plan) == expected, "\(lengths)")
    }
  }

  /// Bias and mask are counted once a row that has elements of its own, up to the keys that there are; log-sum-exps
  /// with the output.
  @Test func bytesOfItsOperandsAreCounted() throws {
    let (queries, keys, room) = (40, 130, 500)
    func moved(_ change: (inout AttentionProblem) -> Void) throws -> Ledger.Entry {
      var problem = AttentionProblem(
        batch: 1, queryHeads: 2, keyValueHeads: 2, queryLength: queries, keyLength: room, headDimension: 24,
        valueDimension: 16)
      problem.keyLengths = [keys]
      change(&problem)
      let call = try AttentionCall(problem)
      let ledger = Ledger()
      let context = ExecutionContext(pool: try WorkerPool(threadCount: 1), ledger: ledger)
      var output = [Float](repeating: .nan, count: try #require(problem.output.requiredCount))
      let kept = problem.writesLogSumExp ? try AttentionSavedTensors(for: problem) : nil
      try AttentionPlan(for: problem, context: context).run(
        queries: call.queries.span, keys: call.keys.span.bytes, values: call.values.span.bytes,
        at: ranges(call, keys: 64), bias: call.bias?.span, mask: call.mask?.span, slopes: call.slopes?.span,
        sinks: call.sinks?.span, output: output.mutableSpan, keeping: kept)
      return try #require(ledger.entries["attention"])
    }
    let plain = try moved { _ in }
    #expect(plain.traffic.byteCount == plain.leastBytes)
    let float = MemoryLayout<Float>.stride
    let scores = 2 * queries * keys
    for (bytes, change) in [
      (scores * float, { $0.bias = BatchedMatrixLayout(scoresOf: $0) }),
      (keys * float * 2, { $0.bias = BatchedMatrixLayout(scoresOf: $0, broadcastingBatch: true, queries: true) }),
      (scores, { $0.booleanMask = BatchedMatrixLayout(scoresOf: $0) }),
      (2 * float, { $0.slopes = .perHead }), (2 * float, { $0.hasSinks = true }),
      (2 * queries * float, { $0.writesLogSumExp = true }),
    ] as [(Int, (inout AttentionProblem) -> Void)] {
      let entry = try moved(change)
      #expect(entry.leastBytes - plain.leastBytes == bytes)
      #expect(entry.traffic.byteCount - plain.traffic.byteCount == bytes)
    }
  }
}
